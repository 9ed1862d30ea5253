import { united, unitedRest } from './compare.ts'
import { jointFacts } from './text.ts'
import { atom, type Value } from './value.ts'

/** The first value whose condition holds; the last where none does. */
export function choice(whens: readonly string[], values: readonly Value[], at: number): Value {
  const same = united(values, at)
  const arms = whens.map((when, index) => `WHEN ${when} THEN ${same[index]?.sql ?? 'NULL'}`)
  const last = same.at(-1)
  const otherwise = last === undefined || last.kind === 'null' ? '' : ` ELSE ${last.sql}`
  const kind = same.find((each) => each.kind !== 'null')?.kind ?? 'null'
  const facts = kind === 'text' ? jointFacts(values, at) : null
  return atom(kind, `CASE ${arms.join(' ')}${otherwise} END`, { ...unitedRest(values), facts, quotient: null })
}
