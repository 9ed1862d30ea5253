/**
 * The shape that all views of the trunk share, one row a line of an order, so that any can stand on any
 * other; a rule replaces some columns and adds tables.
 */
import type { Random } from '@millrace/base'

export const SHAPE = [
  'line_id',
  'customer_id',
  'product_id',
  'region',
  'currency',
  'booked_on',
  'quantity',
  'amount',
  'rate',
  'weight',
  'is_open',
  'tag',
] as const

export type ShapeColumn = (typeof SHAPE)[number]

/** What a rule may use to write its view. */
export interface RuleInput {
  readonly random: Random
  /** The view that is read, and another one of the same shape. */
  readonly from: string
  readonly other: string
  /** Unlike that of every other view. */
  readonly number: number
}

export type Rule = (input: RuleInput) => string

export interface Shaped {
  readonly change: Partial<Record<ShapeColumn, string>>
  /** After `from VIEW f`. */
  readonly join?: string
  readonly where?: string
  readonly before?: string
  readonly distinct?: string
  readonly order?: string
}

/** A cent for each view tells its amounts from those of every other; what grew too large is cut by ten. */
export function shaped(
  { from, number }: RuleInput,
  { change, join = '', where = 'true', before = '', distinct = '', order = '' }: Shaped,
): string {
  const amount = change.amount ?? 'f.amount'
  const own = (number % 997) / 100
  const bounded = `(case when abs(${amount}) > 800000 then round((${amount}) / 10, 2) else ${amount} end + ${own.toFixed(2)})::numeric(18,2)`
  const list = SHAPE.map((column) =>
    column === 'amount' ? `${bounded} as amount` : change[column] === undefined ? `f.${column}` : `${change[column]} as ${column}`,
  )
  return `${before}select ${distinct}${list.join(',\n  ')}\nfrom ${from} f ${join}\nwhere ${where} ${order}`.trim()
}

export const BASE_VIEW = `select l.line_id, l.customer_id, l.product_id, c.region, l.currency, l.booked_on, l.quantity,
  round(l.quantity * l.unit_price * (1 - l.discount), 2)::numeric(18,2) as amount, 1::numeric(12,6) as rate, p.weight * l.quantity as weight, l.is_open,
  c.segment || ':' || p.category as tag
from commerce.order_lines l join commerce.customers c using (customer_id) join commerce.products p on p.product_id = l.product_id`
