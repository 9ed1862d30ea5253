/** A model's SQL as an engine must be given it, so that its plan is the one that the model states. */
import { type Directive, type DirectiveProblem, directivesOf, namesIn, type Order } from './directives.ts'
import { type FromClause, type FromItem, readFrom } from './from-clause.ts'
import { isSign, isWord, type Token, tokensOf } from './tokens.ts'

export type OrderedEngine = 'duckdb' | 'postgres'

export interface Obeyed {
  readonly sql: string
  /** To be run before it in the same session or transaction, and taken back after it. */
  readonly settings: readonly { readonly set: string; readonly reset: string }[]
  /** What the engine's plan must show. */
  readonly orders: readonly StatedOrder[]
  readonly problems: readonly DirectiveProblem[]
}

export interface StatedOrder {
  readonly order: Order
  /** By the name that the SELECT knows it by: the last part of the relation's own name, where it has one. */
  readonly relations: ReadonlyMap<string, string>
}

/** Of DuckDB, what would undo an order or a barrier. */
export const AS_WRITTEN = 'join_order,cte_filter_pusher'

/** The engine's own search for an order is off for the whole statement: what states no order is joined as it is written. */
const SETTINGS: Readonly<Record<OrderedEngine, Obeyed['settings']>> = {
  duckdb: [{ set: `SET disabled_optimizers = '${AS_WRITTEN}'`, reset: 'RESET disabled_optimizers' }],
  postgres: [
    { set: 'SET join_collapse_limit = 1', reset: 'RESET join_collapse_limit' },
    { set: 'SET from_collapse_limit = 1', reset: 'RESET from_collapse_limit' },
  ],
}

export function obey(sql: string, engine: OrderedEngine): Obeyed {
  const tokens = tokensOf(sql)
  const { directives, problems } = directivesOf(tokens)
  const edits: Edit[] = []
  const orders: StatedOrder[] = []
  const found: DirectiveProblem[] = [...problems]
  for (const { at, does } of directives) {
    const { start } = tokens[at] as Token
    if (does.kind === 'barrier') {
      edits.push({ start, end: start, text: 'MATERIALIZED ' })
      continue
    }
    const ordered = orderSelect({ sql, tokens, at, order: does.order })
    if ('problem' in ordered) found.push({ start, problem: ordered.problem })
    else {
      edits.push(...ordered.edits)
      orders.push(ordered.stated)
    }
  }
  const settings = found.length === 0 && directives.length > 0 ? SETTINGS[engine] : []
  return { sql: found.length === 0 ? edited(sql, edits) : sql, settings, orders, problems: found }
}

/** Whether it states anything at all: the others are given to the engine as they are. */
export function statesOrder(sql: string): boolean {
  return sql.includes('/*+') && directivesOf(tokensOf(sql)).directives.length > 0
}

interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

interface Ordering {
  readonly sql: string
  readonly tokens: readonly Token[]
  readonly at: Directive['at']
  readonly order: Order
}

type Ordered = { readonly edits: readonly Edit[]; readonly stated: StatedOrder } | { readonly problem: string }

function orderSelect({ sql, tokens, at, order }: Ordering): Ordered {
  const from = readFrom(tokens, at - 1)
  if (from === null) return { problem: 'its SELECT reads no relations' }
  const named = new Map(from.items.map((item) => [item.name, item]))
  if (named.size < from.items.length) return { problem: 'two of its relations have one name; give them aliases' }
  const names = namesIn(order)
  const unknown = names.find((name) => !named.has(name))
  if (unknown !== undefined) return { problem: `${unknown} is none of its relations, which are ${[...named.keys()].join(', ')}` }
  if (new Set(names).size < names.length) return { problem: 'it names a relation twice' }
  const whole: Order = [...order, ...[...named.keys()].filter((name) => !names.includes(name))]
  const relations = new Map(from.items.flatMap(({ name, relation }) => (relation === null ? [] : [[name, relation] as const])))
  const stated = { order: whole, relations }
  // Postgres orders what commas separate as it likes, and JOIN binds tighter than a comma; the rows are the same.
  if (isAsWritten(whole, from)) return { edits: from.commas.map(({ start, end }) => ({ start, end, text: ' CROSS JOIN' })), stated }
  if (from.fixed !== null) return { problem: `the order cannot be another than it is written: ${from.fixed}` }
  if (hasStar(tokens, at, from)) return { problem: 'the columns of * would come in another order; name them' }
  return { edits: rewritten(sql, from, { named, whole }), stated }
}

/** One after the other, as the items stand. */
function isAsWritten(order: Order, { items }: FromClause): boolean {
  return items.every((item, at) => order[at] === item.name)
}

function hasStar(tokens: readonly Token[], hint: number, from: FromClause): boolean {
  const { depth } = tokens[hint] as Token
  const list = tokens.slice(hint + 1).filter((token) => token.start < from.start && token.depth === depth)
  return list.some((token, at) => isSign(token, '*') && (at === 0 || isSign(list[at - 1], ',') || isWord(list[at - 1], 'distinct', 'all')))
}

/** The relations as cross products in the order, every condition behind WHERE: of inner joins the same. */
function rewritten(
  sql: string,
  from: FromClause,
  { named, whole }: { named: ReadonlyMap<string, FromItem>; whole: Order },
): readonly Edit[] {
  const textOf = ({ start, end }: { readonly start: number; readonly end: number }): string => sql.slice(start, end)
  const conditions = [...from.items.map(({ condition }) => condition), from.where].filter((condition) => condition !== null)
  // A line comment may end a condition: the parenthesis goes to the next line.
  const all = conditions.map((condition) => `(${textOf(condition)}\n)`).join(' AND ')
  const items = joined(whole, (name) => textOf(named.get(name) as FromItem))
  const { start, end, where } = from
  if (where !== null)
    return [
      { start, end, text: items },
      { ...where, text: all },
    ]
  return [{ start, end, text: all === '' ? items : `${items} WHERE ${all}` }]
}

function joined(order: Order, text: (name: string) => string): string {
  return order.map((part) => (typeof part === 'string' ? text(part) : `(${joined(part, text)})`)).join(' CROSS JOIN ')
}

function edited(sql: string, edits: readonly Edit[]): string {
  let text = sql
  for (const { start, end, text: by } of edits.toSorted((one, other) => other.start - one.start))
    text = text.slice(0, start) + by + text.slice(end)
  return text
}
