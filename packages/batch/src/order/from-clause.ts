/** What stands between FROM and the clause after it, read so far as its order matters. */
import { isSign, isWord, type Token } from './tokens.ts'

export interface FromItem {
  /** By which the SELECT knows it: its alias, else the last part of its name; in lower case unless quoted. */
  readonly name: string
  /** The last part of the relation's own name; null where it is none but a subquery or a function. */
  readonly relation: string | null
  /** Its text, with the alias. */
  readonly start: number
  readonly end: number
  /** The condition behind ON, where there is one. */
  readonly condition: { readonly start: number; readonly end: number } | null
}

export interface FromClause {
  /** Where the items begin, behind FROM. */
  readonly start: number
  /** Where the clause ends, and with it perhaps the SELECT. */
  readonly end: number
  readonly items: readonly FromItem[]
  /** The commas between items. */
  readonly commas: readonly { readonly start: number; readonly end: number }[]
  /** The text behind WHERE; null where there is none. */
  readonly where: { readonly start: number; readonly end: number } | null
  /** Why its items cannot be taken in another order; null where they can. */
  readonly fixed: string | null
}

const AFTER_WHERE = ['group', 'having', 'window', 'qualify', 'order', 'limit', 'offset', 'fetch', 'union', 'intersect', 'except'] as const
const AFTER_FROM = ['where', 'tablesample', ...AFTER_WHERE] as const
/** Of joins whose relations may change places. */
const FREE_WORDS = ['inner', 'cross', 'join'] as const
/** Of joins whose relations may not. */
const FIXED_JOIN_WORDS = ['left', 'right', 'full', 'natural', 'asof', 'positional', 'semi', 'anti'] as const
const FIXED_WORDS = [...FIXED_JOIN_WORDS, 'lateral', 'using'] as const
/** Between one relation and the next. */
const JOIN_WORDS = [...FREE_WORDS, ...FIXED_JOIN_WORDS, 'outer'] as const

/** `select` is the index of the SELECT's token. Null where it has no FROM. */
export function readFrom(tokens: readonly Token[], select: number): FromClause | null {
  const { depth } = tokens[select] as Token
  const from = findAt(tokens, { from: select + 1, depth, words: ['from'] })
  if (from < 0) return null
  const stop = endOfClause(tokens, { from: from + 1, depth, words: AFTER_FROM })
  const own = tokens.slice(from + 1, stop)
  const first = own[0]
  if (first === undefined) return null
  const where = isWord(tokens[stop], 'where') ? whereOf(tokens, { from: stop, depth }) : null
  const commas = own.filter((token) => token.depth === depth && isSign(token, ','))
  return { start: first.start, end: (own.at(-1) as Token).end, items: splitItems(own, depth), commas, where, fixed: fixedBy(own, depth) }
}

interface Search {
  readonly from: number
  readonly depth: number
  readonly words: readonly string[]
}

/** The next of the words in the SELECT itself; -1 where the SELECT ends before. */
function findAt(tokens: readonly Token[], { from, depth, words }: Search): number {
  for (let at = from; at < tokens.length; at += 1) {
    const token = tokens[at] as Token
    if (token.depth < depth) return -1
    if (token.depth === depth && isWord(token, ...words)) return at
  }
  return -1
}

function endOfClause(tokens: readonly Token[], search: Search): number {
  for (let at = search.from; at < tokens.length; at += 1) {
    const token = tokens[at] as Token
    if (token.depth < search.depth || isSign(token, ';')) return at
    if (token.depth === search.depth && isWord(token, ...search.words)) return at
  }
  return tokens.length
}

function whereOf(tokens: readonly Token[], { from, depth }: { from: number; depth: number }): { start: number; end: number } {
  const stop = endOfClause(tokens, { from: from + 1, depth, words: AFTER_WHERE })
  return { start: (tokens[from + 1] as Token).start, end: (tokens[stop - 1] as Token).end }
}

function fixedBy(own: readonly Token[], depth: number): string | null {
  const at = own.findIndex((token, index) => token.depth === depth && isWord(token, ...FIXED_WORDS) && !isSign(own[index - 1], '.'))
  if (at >= 0) return `${(own[at] as Token).text.toUpperCase()} gives its relations their order`
  const call = own.findIndex((token, index) => token.depth === depth && isSign(token, '(') && isCallee(own[index - 1]))
  return call < 0 ? null : `${(own[call - 1] as Token).text}(…) may read the relations before it`
}

/** A name right before a parenthesis is a function's, unless it is a word of the clause or an alias with column names. */
function isCallee(token: Token | undefined): boolean {
  return (
    token?.kind === 'word' &&
    !isWord(token, 'as', 'on', 'and', 'or', 'not', 'in', 'from', 'lateral', 'values', 'between', 'exists', ...FREE_WORDS)
  )
}

/** At commas and JOINs of this depth. */
function splitItems(own: readonly Token[], depth: number): readonly FromItem[] {
  const groups: Token[][] = [[]]
  for (const token of own) {
    const isBreak = token.depth === depth && (isSign(token, ',') || isWord(token, ...JOIN_WORDS))
    if (!isBreak) groups.at(-1)?.push(token)
    else if ((groups.at(-1)?.length ?? 0) > 0) groups.push([])
  }
  return groups.filter((group) => group.length > 0).map((group) => itemOf(group, depth))
}

function itemOf(group: readonly Token[], depth: number): FromItem {
  const on = group.findIndex((token) => token.depth === depth && isWord(token, 'on', 'using'))
  const relation = on < 0 ? group : group.slice(0, on)
  const condition = on < 0 ? [] : group.slice(on + 1)
  const first = relation[0] as Token
  return {
    name: nameOf(relation, depth),
    relation: relationOf(relation, depth),
    start: first.start,
    end: (relation.at(-1) ?? first).end,
    condition: condition.length === 0 ? null : { start: (condition[0] as Token).start, end: (condition.at(-1) as Token).end },
  }
}

/** The last name at this depth: `shop.orders` is orders, `shop.orders as o` and `(…) o (a, b)` are o. */
function nameOf(relation: readonly Token[], depth: number): string {
  const last = relation.findLast((token) => token.depth === depth && (token.kind === 'quoted' || token.kind === 'word'))
  if (last === undefined) return ''
  return last.kind === 'quoted' ? last.text.slice(1, -1).replaceAll('""', '"') : last.text.toLowerCase()
}

/** `"shop".orders as o` is orders. */
function relationOf(relation: readonly Token[], depth: number): string | null {
  for (let at = 0; ; at += 2) {
    const part = relation[at]
    if (part?.depth !== depth || (part.kind !== 'quoted' && part.kind !== 'word') || isSign(relation[at + 1], '(')) return null
    if (!isSign(relation[at + 1], '.')) return nameOf([part], depth)
  }
}
