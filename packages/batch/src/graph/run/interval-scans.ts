/**
 * Of which inputs an interval of a model reads only the same interval. DuckDB's optimizer tells: the filter
 * on the model's column is put around its SQL, and where the plan applies it to the scan of an input, the
 * rows of that input outside of the interval cannot matter to what is inside. Where the filter stops
 * earlier (at a window, a join without the column, an expression), any row of that input may matter.
 */
import { EVALUATION_SETTINGS, quoteIdentifier, quoteLiteral } from '@millrace/sql/text'
import { BindingSession } from '../check/binding-session.ts'
import type { GraphColumn, GraphRelation } from '../check/checked-graph.ts'
import { type PlanNode, relationOfScan } from '../check/lineage.ts'
import { foldedName, type IntervalUnit } from '../model/model.ts'
import { withoutEnd } from '../../without-end.ts'

/** For each input of which only the interval matters: the time of its row, as SQL over its columns. */
export type IntervalScans = ReadonlyMap<string, string>

export interface ScansRequest {
  readonly sql: string
  readonly column: GraphColumn
  readonly unit: IntervalUnit
  readonly inputs: readonly GraphRelation[]
}

/** Moments that no model names, so that its own filters are not taken for ours. */
const PROBE = {
  hour: ['1873-02-03 04:00:00', '1873-02-03 05:00:00'],
  day: ['1873-02-03 00:00:00', '1873-02-04 00:00:00'],
  month: ['1873-02-01 00:00:00', '1873-03-01 00:00:00'],
} as const

/** These look at how many rows there are; in the empty tables of a probe that would mislead them. */
const MISLED = 'statistics_propagation,empty_result_pullup,compressed_materialization,join_order,build_side_probe_side'

/** The interval's rows of any SELECT that has its column. */
export function withinInterval(column: GraphColumn, from: string, to: string): string {
  const name = quoteIdentifier(column.name)
  return `${name} >= ${momentAs(from, column.type)} AND ${name} < ${momentAs(to, column.type)}`
}

export async function intervalScans({ sql, column, unit, inputs }: ScansRequest): Promise<IntervalScans> {
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const instance = await DuckDBInstance.create(':memory:', { threads: '1', disabled_optimizers: MISLED })
  const connection = await instance.connect()
  const session = new BindingSession(instance, connection, [])
  try {
    for (const setting of EVALUATION_SETTINGS) await connection.run(setting)
    for (const input of inputs) await session.define(input)
    const [from, to] = PROBE[unit]
    const probe = `SELECT * FROM (\n${withoutEnd(sql)}\n) WHERE ${withinInterval(column, from, to)}`
    const answer = await connection.runAndReadAll(`SELECT json_serialize_plan(${quoteLiteral(probe)}, optimize := true)`)
    const { plans = [] } = JSON.parse(String(answer.getRows()[0]?.[0])) as { plans?: readonly PlanNode[] }
    return scansOf(plans, [from, to])
  } finally {
    session.close()
  }
}

/** A relation that is scanned several times is bound to the interval if each scan is, by the same time. */
function scansOf(plans: readonly PlanNode[], bounds: readonly [string, string]): IntervalScans {
  const times = new Map<string, string | null>()
  const visit = (node: PlanNode): void => {
    const relation = relationOfScan(node)
    if (relation !== null) {
      const name = foldedName(relation)
      const time = timeOfScan(node as ScanNode, bounds)
      times.set(name, !times.has(name) || times.get(name) === time ? time : null)
    }
    for (const child of node.children ?? []) visit(child)
  }
  for (const plan of plans) visit(plan)
  return new Map([...times].flatMap(([name, time]) => (time === null ? [] : [[name, time] as const])))
}

interface ScanNode extends PlanNode {
  readonly names: readonly string[]
  readonly returned_types: readonly { readonly id: string }[]
  readonly table_filters?: { readonly filters: readonly { readonly key: number; readonly value: Filter }[] }
}

interface Constant {
  readonly type: { readonly id: string }
  readonly is_null: boolean
  readonly value: number
}

interface Expression {
  readonly type: string
  readonly name?: string
  readonly child?: Expression
  readonly children?: readonly Expression[]
  readonly input?: Expression
  readonly left?: Expression
  readonly right?: Expression
  readonly lower?: Expression
  readonly upper?: Expression
  readonly lower_inclusive?: boolean
  readonly upper_inclusive?: boolean
  readonly return_type?: { readonly id: string }
  readonly try_cast?: boolean
  readonly value?: Constant
}

interface Filter {
  readonly filter_type: string
  readonly child_filters?: readonly Filter[]
  readonly comparison_type?: string
  readonly constant?: Constant
  readonly expr?: Expression
}

function timeOfScan({ names, returned_types, table_filters }: ScanNode, [from, to]: readonly [string, string]): string | null {
  for (const { key, value } of table_filters?.filters ?? []) {
    const column = quoteIdentifier(names[key] as string)
    const found = new Map<string, Set<'from' | 'to'>>()
    const bound = (time: string | null, side: 'from' | 'to', constant: Constant | undefined): void => {
      if (time === null || constant === undefined || !isMoment(constant, side === 'from' ? from : to)) return
      found.set(time, (found.get(time) ?? new Set()).add(side))
    }
    const visit = (filter: Filter): void => {
      if (filter.filter_type === 'CONJUNCTION_AND') for (const child of filter.child_filters ?? []) visit(child)
      else if (filter.filter_type === 'CONSTANT_COMPARISON') {
        const time = isTime(returned_types[key]?.id) ? column : null
        if (filter.comparison_type === 'COMPARE_GREATERTHANOREQUALTO') bound(time, 'from', filter.constant)
        if (filter.comparison_type === 'COMPARE_LESSTHAN') bound(time, 'to', filter.constant)
      } else if (filter.filter_type === 'EXPRESSION_FILTER' && filter.expr !== undefined) visitExpression(filter.expr)
    }
    const visitExpression = (expression: Expression): void => {
      const { type, input, lower, upper, left, right, children = [] } = expression
      if (type === 'CONJUNCTION_AND') for (const child of children) visitExpression(child)
      else if (type === 'COMPARE_BETWEEN' && expression.lower_inclusive === true && expression.upper_inclusive === false) {
        bound(timeOf(input, column), 'from', lower?.value)
        bound(timeOf(input, column), 'to', upper?.value)
      } else if (type === 'COMPARE_GREATERTHANOREQUALTO') bound(timeOf(left, column), 'from', right?.value)
      else if (type === 'COMPARE_LESSTHAN') bound(timeOf(left, column), 'to', right?.value)
    }
    visit(value)
    for (const [time, sides] of found) if (sides.size === 2) return time
  }
  return null
}

/** The SQL of an expression that only makes a time of the scan's column coarser; null for any other. */
function timeOf(expression: Expression | undefined, column: string): string | null {
  if (expression === undefined || !isTime(expression.return_type?.id)) return null
  const { type, name, child, children = [], return_type } = expression
  if (type === 'BOUND_REF') return column
  if (type === 'OPERATOR_CAST' && expression.try_cast === false) {
    const inner = timeOf(child, column)
    return inner === null ? null : `CAST(${inner} AS ${return_type?.id})`
  }
  if (type !== 'BOUND_FUNCTION' || name !== 'date_trunc') return null
  const [part, of] = children
  const inner = timeOf(of, column)
  return inner === null || part?.type !== 'VALUE_CONSTANT' ? null : `date_trunc(${quoteLiteral(String(part.value?.value))}, ${inner})`
}

const TIMES = new Set(['DATE', 'TIMESTAMP', 'TIMESTAMP WITH TIME ZONE'])

function isTime(type: string | undefined): boolean {
  return type !== undefined && TIMES.has(type)
}

function isMoment({ type, is_null, value }: Constant, moment: string): boolean {
  if (is_null || !isTime(type.id)) return false
  const ms = Date.parse(`${moment.replace(' ', 'T')}Z`)
  return value === (type.id === 'DATE' ? ms / 86_400_000 : ms * 1000)
}

function momentAs(moment: string, type: string): string {
  if (type === 'TIMESTAMP WITH TIME ZONE') return `TIMESTAMPTZ ${quoteLiteral(`${moment}+00`)}`
  return `CAST(TIMESTAMP ${quoteLiteral(moment)} AS ${type})`
}
