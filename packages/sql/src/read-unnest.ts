/** UNNEST, and the table functions that are one: `unnest`, `range` and `generate_series`, with inputs of a row too. */
import { call } from './expression/call.ts'
import { constant } from './expression/constant.ts'
import type { Expression } from './expression/expression.ts'
import { lengthOf } from './empty-lists.ts'
import { columnReference } from './expression/column-reference.ts'
import type { ExpressionType, PlanType } from './duckdb-type.ts'
import { type Plan, planInputs } from './plan/plan.ts'
import { keepColumns } from './plan/project.ts'
import { rows } from './plan/rows.ts'
import { type UnnestedList, unnest } from './plan/unnest.ts'
import { byteOf, type ExpressionJson, type PlanJson } from './plan-json.ts'
import { onlyChild, type PlanContext } from './plan-context.ts'
import { type ConstantJson, readConstant } from './read-constant.ts'
import { readExpression, readType } from './read-expression.ts'
import { Unsupported } from './sql-error.ts'

export function readUnnest(json: PlanJson, context: PlanContext): Plan {
  const written = json['expressions'] as readonly ExpressionJson[]
  return unnest(
    onlyChild(json, context),
    written.map((item) => listOf(readExpression(item['child'] as ExpressionJson), byteOf(item.query_location))),
  )
}

const INT64 = { kind: 'int64' } as const

const SERIES: ReadonlySet<string> = new Set(['range', 'generate_series'])

export function isListFunction(json: PlanJson): boolean {
  const name = String(json['name'])
  return name === 'unnest' || SERIES.has(name)
}

/** Its inputs are constants, or the first columns of a plan below it, of which it hands on others. */
export function readListFunction(json: PlanJson, context: PlanContext, isNumbered = false): Plan {
  const name = String(json['name'])
  const below = json.children.length === 0 ? rows([[]], []) : onlyChild(json, context)
  const inputs = json.children.length === 0 ? constantInputs(json) : columnInputs(json, below)
  const type = readType((json['returned_types'] as readonly PlanType[])[0], null)
  const list = name === 'unnest' ? inputs[0] : call(name, inputs, { type: listType(type), place: inputs[0]?.place ?? null })
  const columns = (json['returned_types'] as readonly PlanType[]).length
  if (list === undefined || columns > 2) throw new Unsupported(`the table function ${name} of this shape`, null)
  // WITH ORDINALITY: the second column.
  const numbers = columns === 2 || isNumbered ? [placesOf(list)] : []
  const made = unnest(below, [listOf(list, list.place), ...numbers])
  const handedOn = ((json['projected_input'] ?? []) as readonly (number | bigint)[]).map(Number)
  const read = (json['column_indexes'] as readonly { readonly index: number | bigint }[]).map(
    ({ index }) => below.types.length + Number(index),
  )
  return keepColumns(made, [...read, ...handedOn, ...(isNumbered ? [made.types.length - 1] : [])])
}

/**
 * A list of constants whose rows are numbered without an order, as DuckDB plans its WITH ORDINALITY: as they stand in it.
 * Null for any other window.
 */
export function readNumberedList(json: PlanJson, context: PlanContext): Plan | null {
  const [child] = json.children
  const isOfConstants = child?.type === 'LOGICAL_GET' && child.children.length === 0 && isListFunction(child)
  return isOfConstants && numbersRows(json) ? readListFunction(child, context, true) : null
}

/** Whether it is one ROW_NUMBER over all rows, without an order. */
export function numbersRows(json: PlanJson): boolean {
  if (json.type !== 'LOGICAL_WINDOW') return false
  const windows = json['expressions'] as readonly (ExpressionJson & {
    readonly partitions: readonly unknown[]
    readonly orders: readonly unknown[]
  })[]
  const [only, second] = windows
  return second === undefined && only?.type === 'WINDOW_ROW_NUMBER' && only.partitions.length === 0 && only.orders.length === 0
}

/** From one on, as many as the list has items. */
function placesOf(list: Expression): UnnestedList {
  const one = constant(1, INT64)
  return { kind: 'series', type: INT64, start: one, stop: lengthOf(list), step: one, isInclusive: true }
}

function constantInputs(json: PlanJson): readonly Expression[] {
  return (json['parameters'] as readonly ConstantJson[]).map((written) => {
    const type = readType(written.type, null)
    const value = readConstant(written, type)
    if (value === undefined) throw new Unsupported(`the table function ${String(json['name'])} of these arguments`, null)
    return constant(value, type)
  })
}

function columnInputs(json: PlanJson, below: Plan): readonly Expression[] {
  const count = (json['input_table_types'] as readonly PlanType[]).length
  const first = below.kind === 'project' ? below.expressions : []
  return below.types.slice(0, count).map((type, at) => columnReference(at, type, first[at]?.place ?? null))
}

function listType(element: ExpressionType): ExpressionType {
  return element.kind === 'null' || element.kind === 'foreign' ? element : { kind: 'list', element }
}

function listOf(list: Expression, place: number | null): UnnestedList {
  if (list.type.kind !== 'list')
    throw new Unsupported(`UNNEST of a value of type ${list.type.kind}`, list.place ?? place, 'Unnest a list of plain values.')
  return seriesOf(list) ?? { kind: 'list', type: list.type.element, list }
}

/** Series that need not be made as values first. */
function seriesOf(list: Expression): UnnestedList | null {
  if (list.kind !== 'call' || !SERIES.has(list.name)) return null
  const isInclusive = list.name === 'generate_series'
  const [first, second, third] = list.inputs
  if (first === undefined) return null
  if (list.inputs.every((input) => input.type.kind === 'int64')) {
    const one = constant(1, INT64)
    const [start, stop] = second === undefined ? [constant(0, INT64), first] : [first, second]
    return { kind: 'series', type: INT64, start, stop, step: third ?? one, isInclusive }
  }
  if (first.type.kind !== 'timestamp' || second === undefined || third?.type.kind !== 'interval') return null
  return { kind: 'series', type: { kind: 'timestamp' }, start: first, stop: second, step: third, isInclusive }
}

/** Whether a plan is computed from each row of `outer` alone. */
export function isOfEachRow(plan: Plan, outer: Plan): boolean {
  if (plan === outer) return true
  const isPlain = plan.kind === 'project' || plan.kind === 'filter' || plan.kind === 'unnest'
  return isPlain && planInputs(plan).every((input) => isOfEachRow(input, outer))
}
