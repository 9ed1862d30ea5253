/**
 * A lateral join whose right side is computed from each left row alone, as UNNEST is, is no join: the row
 * is handed through what the right side does. Nothing has to be remembered for it.
 */
import { hasNoItems } from './empty-lists.ts'
import { columnReference } from './expression/column-reference.ts'
import { constant } from './expression/constant.ts'
import { allOf } from './expression/conjunction.ts'
import { type Expression, shiftColumns } from './expression/expression.ts'
import { distinct } from './plan/distinct.ts'
import { filter } from './plan/filter.ts'
import type { Plan } from './plan/plan.ts'
import { project } from './plan/project.ts'
import { union } from './plan/union.ts'
import { expressionsOfList, listWith, type Unnest, unnest } from './plan/unnest.ts'
import type { ExpressionJson, PlanJson } from './plan-json.ts'
import { kept, onlyChild, type PlanContext } from './plan-context.ts'
import { readExpression } from './read-expression.ts'
import { isOfEachRow, numbersRows } from './read-unnest.ts'
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
  // DuckDB numbers the rows where it cannot compare them, to join what it made of each to it again.
  const isNumbered = numbersRows(leftJson)
  const isInlined = json['join_type'] === 'INNER' || json['join_type'] === 'LEFT'
  const read = isInlined ? inlined(json, context, { leftJson, rightJson, isNumbered }) : null
  if (read === null && isNumbered)
    throw new Unsupported('a lateral join of this shape', null, 'Unnest in the SELECT list, or in an inner join, and filter outside.')
  return read
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
  const lateral = { left, outer, correlated }
  const handed = json['join_type'] === 'LEFT' ? withPadded(right, lateral) : through(right, lateral)
  if (handed === null) return null
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

/**
 * Of an outer join: also the rows of which the right side makes none, with NULLs. Null where the right side does more
 * than to unnest once, for what makes no row of a row is known only of lists that are empty.
 */
function withPadded(right: Plan, lateral: Lateral & { readonly left: Plan }): Plan | null {
  const taken = onlyUnnest(right)
  if (taken === null || !isProjection(taken.input, lateral.outer)) return null
  const { left } = lateral
  const conditions = taken.lists.map(hasNoItems)
  if (conditions.some((condition) => condition === null)) return null
  const isEmpty = allOf(conditions.filter((condition) => condition !== null).map((condition) => movedBy(condition, left)))
  const own = left.types.map((type, at) => columnReference(at, type))
  const padding = right.types.map((type) => constant(null, type))
  const rest = isEmpty === null ? through(taken.input, lateral) : filter(through(taken.input, lateral), isEmpty)
  return union([through(right, lateral), project(rest, [...own, ...padding])])
}

/** What unnests below projections alone. */
function onlyUnnest(plan: Plan): Unnest | null {
  if (plan.kind === 'unnest') return plan
  return plan.kind === 'project' ? onlyUnnest(plan.input) : null
}

function isProjection(plan: Plan, outer: Plan): boolean {
  return plan === outer || (plan.kind === 'project' && isProjection(plan.input, outer))
}

/** An expression of the right side over the left columns and, after them, the right ones. */
function movedBy(expression: Expression, left: Plan): Expression {
  return shiftColumns(expression, (index) => index + left.types.length)
}

/** The left columns, and after them those of `plan`, of which `outer` is a part. */
function through(plan: Plan, lateral: Lateral & { readonly left: Plan }): Plan {
  const { left, outer, correlated } = lateral
  const own = left.types.map((type, at) => columnReference(at, type))
  if (plan === outer) return project(left, [...own, ...correlated])
  const moved = (expression: Expression): Expression => movedBy(expression, left)
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
