/** Functions that choose among their arguments. */
import { choice } from './choice.ts'
import { compare, condition, united, unitedRest } from './compare.ts'
import type { FunctionPrinter } from './function-printer.ts'
import { exact } from './exact-number.ts'
import { jointFacts } from './text.ts'
import { atom, operand, value } from './value.ts'

const NULL = atom('null', 'NULL')

const firstKnown: FunctionPrinter = ({ values, at }) => {
  const same = united(values, at)
  const kind = same.find((each) => each.kind !== 'null')?.kind ?? 'null'
  return atom(kind, `COALESCE(${same.map(({ sql }) => sql).join(', ')})`, {
    ...unitedRest(values),
    facts: kind === 'text' ? jointFacts(values, at) : null,
  })
}

const extreme =
  (name: string): FunctionPrinter =>
  ({ values, at }) => {
    const same = united(values, at)
    const kind = same.find((each) => each.kind !== 'null')?.kind ?? 'null'
    if (kind === 'text' || kind === 'null') return null
    // NULL among them makes the whole NULL on the server; DuckDB passes over it.
    const unknown = same.filter(({ constant }) => constant === null).map((each) => `${operand(each)} IS NULL`)
    const sql = `${name}(${same.map((each) => each.sql).join(', ')})`
    return atom(kind, unknown.length === 0 ? sql : `CASE WHEN ${unknown.join(' OR ')} THEN NULL ELSE ${sql} END`, unitedRest(values))
  }

export const CHOICE_FUNCTIONS: Readonly<Record<string, FunctionPrinter>> = {
  if: ({ values: [test, yes, no], at }) =>
    test === undefined || yes === undefined || no === undefined ? null : choice([condition(test, at)], [yes, no], at),
  ifnull: firstKnown,
  coalesce: firstKnown,
  nullif: ({ values: [given, other], scope, at }) =>
    given === undefined || other === undefined
      ? null
      : choice([compare(given, other, { operator: '=', scope, at }).sql], [NULL, given.kind === 'decimal' ? exact(given, at) : given], at),
  isnull: ({ values: [given], at }) =>
    given === undefined ? null : value('boolean', `${operand(given.kind === 'decimal' ? exact(given, at) : given)} IS NULL`),
  greatest: extreme('greatest'),
  least: extreme('least'),
}
