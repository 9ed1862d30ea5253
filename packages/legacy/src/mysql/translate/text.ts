/** Texts as the server compares them: by a collation that may take capital and small letters, and blanks at the end, for nothing. */
import { quoteLiteral } from '@millrace/sql'
import type { Collation, TextFacts } from '../catalog/catalog.ts'
import { collationOf } from '../catalog/collation.ts'
import { untranslatableAt } from '../untranslatable-at.ts'
import type { Session } from './scope.ts'
import { atom, operand, type Value } from './value.ts'

export function textConstant(text: string, collation: string): Value {
  return atom('text', quoteLiteral(text), { constant: text, facts: factsOf(text, collationOf(collation)) })
}

export function factsOf(text: string, collation: Collation): TextFacts {
  return {
    collation,
    isAscii: /^[ -~]*$/.test(text),
    isLower: text === text.toLowerCase(),
    isUpper: text === text.toUpperCase(),
    mayBePadded: text.endsWith(' '),
    hasBlanks: text.includes(' '),
    isCanonical: true,
    sources: [],
  }
}

/** Texts that are made of numbers and days. */
export function plainFacts(collation: string): TextFacts {
  return factsOf('0', collationOf(collation))
}

/** What is known of a text that is any of these, or is put together of them. */
export function jointFacts(values: readonly Value[], at: number): TextFacts | null {
  const known = values.filter(({ kind }) => kind !== 'null').map(({ facts }) => facts)
  const [first] = known
  if (first === undefined || first === null || known.includes(null)) return null
  const all = known.filter((facts) => facts !== null)
  const isLower = all.every((facts) => facts.isLower)
  const isUpper = all.every((facts) => facts.isUpper)
  const mayBePadded = all.some((facts) => facts.mayBePadded)
  return {
    collation: commonCollation(values, at),
    isAscii: all.every((facts) => facts.isAscii),
    isLower,
    isUpper,
    mayBePadded,
    hasBlanks: all.some((facts) => facts.hasBlanks),
    isCanonical: all.length === 1 ? all.every((facts) => facts.isCanonical) : (isLower || isUpper) && !mayBePadded,
    sources: [...new Set(all.flatMap((facts) => facts.sources))],
  }
}

/** That of the columns; texts of the view itself give way. */
function commonCollation(values: readonly Value[], at: number): Collation {
  const own = values.filter(({ facts, kind }) => kind !== 'null' && facts !== null)
  const strong = own.filter(({ facts, constant }) => constant === null && facts !== null && facts.sources.length > 0)
  const names = new Set((strong.length > 0 ? strong : own).map(({ facts }) => facts?.collation.name))
  const found = (strong[0] ?? own[0])?.facts?.collation
  if (found === undefined || (names.size > 1 && strong.length > 0))
    throw untranslatableAt('a text', `two collations meet: ${[...names].join(', ')}`, at)
  return found
}

export interface KeyRequest {
  readonly session: Session
  readonly purpose: 'equal' | 'order'
  readonly at: number
}

/** Texts of which two are equal, or in order, in DuckDB where the values are so on the server. */
export function textKeys(values: readonly Value[], { session, purpose, at }: KeyRequest): string[] {
  const joint = jointFacts(values, at)
  if (joint === null) throw untranslatableAt('a comparison of texts', 'it is not known of what letters they are made', at)
  const { collation } = joint
  const order = purpose === 'order'
  if (collation.ignoresCase === null || (order && !collation.isBinaryOrder))
    throw untranslatableAt(
      order ? 'the order of texts' : 'a comparison of texts',
      `the collation ${collation.name} is not among those that have the same in DuckDB`,
      at,
    )
  if (!collation.ignoresCase && (!order || joint.isAscii || !collation.ignoresBlanksAtEnd))
    return values.map((each) => trimmed(each, collation))
  if (!joint.isAscii)
    throw untranslatableAt(
      'a comparison of texts',
      `${place(joint)} holds letters beyond ASCII, which the collation ${collation.name} compares in its own way`,
      at,
    )
  tell(session, values, collation)
  const asLower = !order && joint.isLower
  return values.map((each) => {
    if (each.constant !== null)
      return quoteLiteral(each.constant.replace(collation.ignoresBlanksAtEnd ? / +$/ : /$^/, '')[asLower ? 'toLowerCase' : 'toUpperCase']())
    const isFolded = !collation.ignoresCase || (asLower ? each.facts?.isLower === true : each.facts?.isUpper === true)
    const base = trimmed(each, collation)
    return isFolded || each.kind === 'null' ? base : `upper(${base})`
  })
}

function trimmed(each: Value, { ignoresBlanksAtEnd }: Collation): string {
  return ignoresBlanksAtEnd && each.facts?.mayBePadded === true ? `rtrim(${each.sql}, ' ')` : operand(each)
}

function place({ sources }: TextFacts): string {
  return sources.length === 0 ? 'the text' : sources.join(', ')
}

function tell(session: Session, values: readonly Value[], { name }: Collation): void {
  const sources = [...new Set(values.flatMap(({ facts }) => facts?.sources ?? []))]
  if (sources.length > 0) session.note(`texts are compared as ${name} does the letters of ASCII, and ${sources.join(', ')} held no others`)
}

/** Of texts that are equal to the server, one would be shown: which one must not be open. */
export function needCanonical(given: Value, what: string, { session, at }: Omit<KeyRequest, 'purpose'>): void {
  if (given.kind !== 'text') return
  const { facts } = given
  if (facts === null) throw untranslatableAt(what, 'it is not known of what letters the text is made', at)
  const { collation, mayBePadded, isLower, isUpper, isCanonical, isAscii } = facts
  if (collation.ignoresCase === null)
    throw untranslatableAt(what, `the collation ${collation.name} is not among those that have the same in DuckDB`, at)
  const isOne = isCanonical || (!mayBePadded && (!collation.ignoresCase || (isAscii && (isLower || isUpper))))
  if (!isOne)
    throw untranslatableAt(
      what,
      `texts that are equal by ${collation.name} may be written in several ways, and which is shown is not defined`,
      at,
    )
  if (collation.ignoresCase) tell(session, [given], collation)
}
