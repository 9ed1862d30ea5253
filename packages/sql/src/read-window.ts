/** Window functions. Those over one partition and order are one node; the others stand one upon the other. */
import { choice } from './expression/choice.ts'
import { constant } from './expression/constant.ts'
import { columnsOf, type Expression } from './expression/expression.ts'
import type { Plan } from './plan/plan.ts'
import { keepColumns } from './plan/project.ts'
import { type FrameBound, type Frame, window, type WindowCall, type WindowFunction } from './plan/window.ts'
import { onlyChild, type PlanContext } from './plan-context.ts'
import { byteOf, type ExpressionJson, type PlanJson } from './plan-json.ts'
import { readAggregateCall } from './read-aggregate-call.ts'
import { readExpression, readType } from './read-expression.ts'
import { type OrderJson, readSortKeys } from './read-sort-keys.ts'
import { Unsupported } from './sql-error.ts'

interface WindowJson extends ExpressionJson {
  readonly name: string
  readonly partitions: readonly ExpressionJson[]
  readonly orders: readonly OrderJson[]
  readonly arg_orders?: readonly OrderJson[]
  readonly filters?: ExpressionJson | null
  readonly ignore_nulls: boolean
  readonly distinct: boolean
  readonly start: string
  readonly end: string
  readonly start_expr?: ExpressionJson | null
  readonly end_expr?: ExpressionJson | null
  readonly offset_expr?: ExpressionJson | null
  readonly default_expr?: ExpressionJson | null
  readonly exclude_clause: string
}

const FUNCTIONS: Readonly<Record<string, WindowFunction>> = {
  WINDOW_ROW_NUMBER: 'row_number',
  WINDOW_RANK: 'rank',
  WINDOW_RANK_DENSE: 'dense_rank',
  WINDOW_PERCENT_RANK: 'percent_rank',
  WINDOW_CUME_DIST: 'cume_dist',
  WINDOW_NTILE: 'ntile',
  WINDOW_LAG: 'lag',
  WINDOW_LEAD: 'lead',
  WINDOW_FIRST_VALUE: 'first_value',
  WINDOW_LAST_VALUE: 'last_value',
  WINDOW_NTH_VALUE: 'nth_value',
  WINDOW_AGGREGATE: 'aggregate',
}

/** Aggregates that take the value of one of the frame's rows. */
const PICKING_AGGREGATES: Readonly<Record<string, { readonly function: WindowFunction; readonly ignoreNulls: boolean }>> = {
  first: { function: 'first_value', ignoreNulls: false },
  arbitrary: { function: 'first_value', ignoreNulls: false },
  any_value: { function: 'first_value', ignoreNulls: true },
  last: { function: 'last_value', ignoreNulls: false },
}

/** What takes a value of the frame's rows in an order of its own is an aggregate that takes it. */
const SORTED_PICKS: Readonly<Partial<Record<WindowFunction, string>>> = { first_value: 'first', last_value: 'last' }

export function readWindow(json: PlanJson, context: PlanContext): Plan {
  const written = json['expressions'] as readonly WindowJson[]
  const input = onlyChild(json, context)
  const places = new Map<string, number>()
  let plan = input
  for (const [, calls] of Map.groupBy(written, (call) => textOf([call.partitions, call.orders]))) {
    const different = [...Map.groupBy(calls, textOf)].map(([text, [call]]) => ({ text, call: call as WindowJson }))
    for (const [at, { text }] of different.entries()) places.set(text, plan.types.length + at)
    const { partitions, orders } = calls[0] as WindowJson
    plan = window(plan, {
      partitions: (partitions ?? []).map(readExpression),
      order: readSortKeys(orders ?? []),
      calls: different.map(({ call }) => readCall(call)),
    })
  }
  return keepColumns(plan, [...input.types.map((_, at) => at), ...written.map((call) => places.get(textOf(call)) as number)])
}

/** Two calls of one text are the same; where they stand in the SQL and what they are called is not part of it. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (key, part: unknown) => {
    if (key === 'query_location' || key === 'alias') return undefined
    return typeof part === 'bigint' ? String(part) : part
  })
}

function readCall(json: WindowJson): WindowCall {
  const place = byteOf(json.query_location) ?? byteOf(json.children?.[0]?.query_location)
  const name = FUNCTIONS[json.type]
  if (name === undefined) throw new Unsupported(`the window function ${json.type.replace('WINDOW_', '').toLowerCase()}`, place)
  if (name === 'aggregate') return aggregateCall(json, place)
  if ((json.arg_orders ?? []).length > 0) {
    const sorted = json.ignore_nulls ? null : SORTED_PICKS[name]
    if (sorted !== null && sorted !== undefined) return aggregateCall({ ...json, name: sorted }, place)
    throw new Unsupported(`the window function ${name} with an ORDER BY among its arguments`, place, 'Order the window itself.')
  }
  const inputs = (json.children ?? []).map(readExpression)
  const takesValue = name !== 'ntile'
  return {
    function: name,
    type: readType(json.return_type, place),
    place,
    input: takesValue ? (inputs[0] ?? null) : null,
    number: name === 'ntile' ? (inputs[0] ?? null) : name === 'nth_value' ? (inputs[1] ?? null) : distanceOf(name, json),
    otherwise: optional(json.default_expr),
    ignoreNulls: json.ignore_nulls,
    frame: frameOf(name, json, place),
    aggregate: null,
  }
}

function aggregateCall(json: WindowJson, place: number | null): WindowCall {
  const frame = frameOf('aggregate', json, place)
  const picking = PICKING_AGGREGATES[json.name]
  if (picking !== undefined && (json.arg_orders ?? []).length === 0) {
    const input = pickedInput(json, place)
    return { ...picking, type: readType(json.return_type, place), place, input, number: null, otherwise: null, frame, aggregate: null }
  }
  const written = {
    ...json,
    // DuckDB names COUNT(*) so only outside of windows.
    name: json.name === 'count' && (json.children ?? []).length === 0 ? 'count_star' : json.name,
    aggregate_type: json.distinct ? 'DISTINCT' : 'NON_DISTINCT',
    filter: json.filters ?? null,
    order_bys: { orders: json.arg_orders ?? [] },
  }
  const aggregate = readAggregateCall(written)
  const none = { input: null, number: null, otherwise: null, ignoreNulls: false }
  return { function: 'aggregate', type: aggregate.type, place, ...none, frame, aggregate }
}

/** What ANY_VALUE picks from the rows of its FILTER: the others have no value, which it passes over. */
function pickedInput(json: WindowJson, place: number | null): Expression | null {
  const input = optional(json.children?.[0])
  const condition = optional(json.filters)
  if (input === null || condition === null) return input
  if (json.name !== 'any_value')
    throw new Unsupported(`the window function ${json.name} with a FILTER`, place, 'Use any_value, which passes over NULL.')
  return choice([{ when: condition, then: input }], constant(null, input.type), place)
}

function distanceOf(name: WindowFunction, json: WindowJson): Expression | null {
  if (name !== 'lag' && name !== 'lead') return null
  return optional(json.offset_expr) ?? constant(1, { kind: 'int64' })
}

function optional(json: ExpressionJson | null | undefined): Expression | null {
  return json === null || json === undefined ? null : readExpression(json)
}

const EXCLUDES: Readonly<Record<string, Frame['exclude']>> = {
  NO_OTHER: 'none',
  CURRENT_ROW: 'current',
  GROUP: 'group',
  TIES: 'ties',
}

const TO_CURRENT_GROUP: Frame = { start: { edge: 'partition' }, end: { edge: 'current', unit: 'range' }, exclude: 'none' }
const WHOLE_PARTITION: Frame = { start: { edge: 'partition' }, end: { edge: 'partition' }, exclude: 'none' }

/** What numbers rows looks at all that come before, and some at the whole partition, whatever frame is written. */
function frameOf(name: WindowFunction, json: WindowJson, place: number | null): Frame {
  switch (name) {
    case 'row_number':
    case 'rank':
    case 'dense_rank':
      return TO_CURRENT_GROUP
    case 'percent_rank':
    case 'cume_dist':
    case 'ntile':
    case 'lag':
    case 'lead':
      return WHOLE_PARTITION
    default: {
      const exclude = EXCLUDES[json.exclude_clause]
      if (exclude === undefined) throw new Unsupported(`a frame with EXCLUDE ${json.exclude_clause}`, place)
      return { start: boundOf(json.start, json.start_expr, place), end: boundOf(json.end, json.end_expr, place), exclude }
    }
  }
}

function boundOf(name: string, offset: ExpressionJson | null | undefined, place: number | null): FrameBound {
  if (name.startsWith('UNBOUNDED')) return { edge: 'partition' }
  const unit = (['rows', 'range', 'groups'] as const).find((known) => name.endsWith(known.toUpperCase()))
  if (unit === undefined) throw new Unsupported(`a frame bound ${name}`, place)
  if (name.startsWith('CURRENT')) return { edge: 'current', unit }
  if (offset === null || offset === undefined) throw new Unsupported(`a frame bound ${name}`, place)
  const bound = readExpression(offset)
  // Looked at as the binder wrote it: of times with a zone, DuckDB is to move the key.
  if (unit === 'range' && !isMovedByConstant(bound)) throw offsetByRow(place)
  return { edge: 'offset', unit, following: name.startsWith('EXPR_FOLLOWING'), offset: bound }
}

export function offsetByRow(place: number | null): Unsupported {
  return new Unsupported('a window frame whose offset differs by row', place, 'Write the offset as a number or an interval.')
}

/** `key - offset` or `key + offset`, as the binder writes the bound of a range. */
function isMovedByConstant(expression: Expression): boolean {
  if (expression.kind === 'cast') return isMovedByConstant(expression.input)
  if (expression.kind !== 'call' || (expression.name !== '+' && expression.name !== '-')) return false
  const [key, offset] = expression.inputs
  return key !== undefined && offset !== undefined && columnsOf(offset).size === 0
}
