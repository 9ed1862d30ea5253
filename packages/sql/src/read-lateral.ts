/**
 * A lateral join whose right side is computed from each left row alone, as UNNEST is, is no join: the row
 * is handed through what the right side does. Nothing has to be remembered for it.
 */
import { columnReference } from './expression/column-reference.ts'
import { constant } from './expression/constant.ts'
import { type Expression, shiftColumns } from './expression/expression.ts'
import { distinct } from './plan/distinct.ts'
import { filter } from './plan/filter.ts'
import type { Plan } from './plan/plan.ts'
import { project } from './plan/project.ts'
import { expressionsOfList, listWith, unnest } from './plan/unnest.ts'
import type { ExpressionJson, PlanJson } from './plan-json.ts'
import { kept, onlyChild, type PlanContext } from './plan-context.ts'
import { readExpression } from './read-expression.ts'
import { isOfEachRow } from './read-unnest.ts'
import { Unsupported } from './sql-error.ts'

interface ConditionJson {
  readonly left: ExpressionJson
  readonly right: ExpressionJson
  readonly comparison: string
}

/** Null where it is none, and a join like any other. */
export function readLateral(json: PlanJson, context: PlanContext): Plan | null {
  const [leftJson, rightJson] = json.children
  if (json.type !== 'LOGICAL_DELIM_JOIN' || leftJson === undefined || rightJson === undefined || json['delim_flipped'] === true) return null
  const isNumbered = hasRowNumbers(leftJson)
  const read = json['join_type'] === 'INNER' ? inlined(json, context, { leftJson, rightJson, isNumbered }) : null
  if (read === null && isNumbered)
    throw new Unsupported('a lateral join of this shape', null, 'Unnest in the SELECT list, or in an inner join.')
  return read
}

/** DuckDB numbers the rows where it cannot compare them, to join what it made of each to it again. */
function hasRowNumbers(json: PlanJson): boolean {
  if (json.type !== 'LOGICAL_WINDOW') return false
  const windows = json['expressions'] as readonly (ExpressionJson & {
    readonly partitions: readonly unknown[]
    readonly orders: readonly unknown[]
  })[]
  const [only, second] = windows
  return second === undefined && only?.type === 'WINDOW_ROW_NUMBER' && only.partitions.length === 0 && only.orders.length === 0
}

interface LateralSides {
  readonly leftJson: PlanJson
  readonly rightJson: PlanJson
  readonly isNumbered: boolean
}

function inlined(json: PlanJson, context: PlanContext, { leftJson, rightJson, isNumbered }: LateralSides): Plan | null {
  const left = isNumbered ? withColumn(onlyChild(leftJson, context)) : context.read(leftJson, context)
  const correlated = (json['duplicate_eliminated_columns'] as readonly ExpressionJson[]).map(readExpression)
  const outer = distinct(project(left, correlated))
  const right = context.read(rightJson, { ...context, outer })
  if (!isOfEachRow(right, outer) || !joinsEachToItself(json, { right, outer, correlated })) return null
  if (hasProjectionMaps(json)) return null
  const handed = through(right, { left, outer, correlated })
  // Between the columns of both sides stand those that the right side was computed from.
  return kept(json, 'projection_map', handed)
}

/** In the place of the row's number, which only the join would read. */
function withColumn(input: Plan): Plan {
  const columns = input.types.map((type, at) => columnReference(at, type))
  return project(input, [...columns, constant(0, { kind: 'int64' })])
}

function hasProjectionMaps(json: PlanJson): boolean {
  return ['left_projection_map', 'right_projection_map'].some((field) => ((json[field] ?? []) as readonly number[]).length > 0)
}

interface Lateral {
  readonly outer: Plan
  /** What the outer rows are made of, over the left columns. */
  readonly correlated: readonly Expression[]
}

/** Whether every condition compares a column of the outer rows with where it came from. */
function joinsEachToItself(json: PlanJson, { right, outer, correlated }: Lateral & { readonly right: Plan }): boolean {
  const conditions = (json['conditions'] ?? []) as readonly ConditionJson[]
  const extra = json['predicate']
  if (extra !== null && extra !== undefined) return false
  return conditions.every(({ left, right: other, comparison }) => {
    const [one, two] = [readExpression(left), readExpression(other)]
    if (comparison !== 'COMPARE_NOT_DISTINCT_FROM' || two.kind !== 'column' || one.kind !== 'column') return false
    const source = sourceOf(right, two.index, outer)
    const origin = source === null ? undefined : correlated[source]
    return origin?.kind === 'column' && origin.index === one.index
  })
}

/** Which column of the outer rows a column is; null where it is another. */
function sourceOf(plan: Plan, column: number, outer: Plan): number | null {
  if (plan === outer) return column
  switch (plan.kind) {
    case 'filter':
      return sourceOf(plan.input, column, outer)
    case 'unnest':
      return column < plan.input.types.length ? sourceOf(plan.input, column, outer) : null
    case 'project': {
      const expression = plan.expressions[column]
      return expression?.kind === 'column' ? sourceOf(plan.input, expression.index, outer) : null
    }
    default:
      return null
  }
}

/** The left columns, and after them those of `plan`, of which `outer` is a part. */
function through(plan: Plan, lateral: Lateral & { readonly left: Plan }): Plan {
  const { left, outer, correlated } = lateral
  const own = left.types.map((type, at) => columnReference(at, type))
  if (plan === outer) return project(left, [...own, ...correlated])
  const moved = (expression: Expression): Expression => shiftColumns(expression, (index) => index + left.types.length)
  switch (plan.kind) {
    case 'filter':
      return filter(through(plan.input, lateral), moved(plan.condition))
    case 'project':
      return project(through(plan.input, lateral), [...own, ...plan.expressions.map(moved)])
    case 'unnest':
      return unnest(
        through(plan.input, lateral),
        plan.lists.map((list) => listWith(list, expressionsOfList(list).map(moved))),
      )
    default:
      throw new Unsupported('a lateral join of this shape', null)
  }
}
