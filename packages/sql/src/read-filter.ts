/**
 * WHERE and HAVING. Where a subquery stands below, DuckDB plans it over all rows of FROM and filters
 * afterwards, so that `from a, b where a.x = b.x and exists (…)` would ask the subquery of every pair. What
 * the conditions ask of the outer columns alone is therefore asked first; the subquery's own join comes to
 * the rows that are left, and so do the outer rows that a correlated one is computed for.
 *
 * IN and EXISTS are a join that adds a column, the mark, and a condition on it. Where that asks that the
 * mark be true, or false, only those rows are kept at all, and the mark itself has one known value.
 */
import { allOf, conditionsOf } from './expression/conjunction.ts'
import { columnsOf, type Expression } from './expression/expression.ts'
import { filter } from './plan/filter.ts'
import type { Plan } from './plan/plan.ts'
import { marked, markedRows, markJoin } from './mark-join.ts'
import { withPartner } from './partners.ts'
import type { PlanJson } from './plan-json.ts'
import { expressionsOf, nameOfNode, type PlanContext } from './plan-context.ts'
import { joinOfSides, readConditions, readRightSide } from './read-join.ts'
import { Unsupported } from './sql-error.ts'

/** A relation of which only the rows that satisfy the conditions matter, and the conditions that are still to be asked. */
interface Narrowed {
  readonly plan: Plan
  readonly rest: readonly Expression[]
}

export function readFilter(json: PlanJson, context: PlanContext): Plan {
  const [child] = json.children
  if (child === undefined) throw new Unsupported(nameOfNode(json.type), null)
  const { plan, rest } = narrowed(child, context, expressionsOf(json).flatMap(conditionsOf))
  const condition = allOf(rest)
  return condition === null ? plan : filter(plan, condition)
}

const JOINS = new Set(['LOGICAL_COMPARISON_JOIN', 'LOGICAL_DELIM_JOIN'])
const KINDS = new Set(['INNER', 'LEFT', 'SINGLE', 'SEMI', 'ANTI', 'MARK'])

/** Whether it hands on each left row as it is, or not at all, so that a condition on it may be asked before. */
function keepsLeftRows(json: PlanJson): boolean {
  const isMapped = ((json['left_projection_map'] ?? []) as readonly number[]).length > 0
  return JOINS.has(json.type) && KINDS.has(String(json['join_type'])) && !isMapped
}

/** What may be a lateral join, of which the rows are not to be read in another way twice. */
function isLateral(json: PlanJson, leftJson: PlanJson): boolean {
  return json.type === 'LOGICAL_DELIM_JOIN' && (json['join_type'] === 'INNER' || leftJson.type === 'LOGICAL_WINDOW')
}

function narrowed(json: PlanJson, context: PlanContext, conditions: readonly Expression[]): Narrowed {
  const [leftJson] = json.children
  if (leftJson === undefined || !keepsLeftRows(json) || isLateral(json, leftJson)) {
    return { plan: context.read(json, context), rest: conditions }
  }
  const before = narrowed(leftJson, context, conditions)
  const leftCount = before.plan.types.length
  const isOnLeft = (condition: Expression): boolean => [...columnsOf(condition)].every((column) => column < leftCount)
  const onLeft = allOf(before.rest.filter(isOnLeft))
  const rest = before.rest.filter((condition) => !isOnLeft(condition))
  const left = onLeft === null ? before.plan : filter(before.plan, onLeft)
  const sides = { left, right: readRightSide(json, left, context) }
  if (json['join_type'] !== 'MARK') return { plan: joinOfSides(json, sides), rest }
  const asked = rest.filter((condition) => columnsOf(condition).has(leftCount))
  const [only, second] = asked
  const wanted = only === undefined || second !== undefined ? null : wantedMark(only, leftCount)
  const split = readConditions(json, sides)
  if (wanted === null) return { plan: markJoin(sides, split), rest }
  const rows = wanted ? withPartner(sides, split) : markedRows(sides, split).isFalse
  return { plan: marked(rows, wanted), rest: rest.filter((condition) => condition !== only) }
}

/** What the condition demands of the mark: true, false, or null for something else. */
function wantedMark(condition: Expression, mark: number): boolean | null {
  if (condition.kind === 'column' && condition.index === mark) return true
  if (condition.kind === 'negation' && condition.input.kind === 'column' && condition.input.index === mark) return false
  return null
}
