/**
 * IN and EXISTS with a subquery. DuckDB plans them as a join that adds a column, the mark, and a filter
 * on it. Where the filter asks that the mark be true, or false, only those rows are kept at all, and the
 * mark itself has one known value.
 */
import { allOf, conditionsOf } from './expression/conjunction.ts'
import { columnsOf, type Expression } from './expression/expression.ts'
import { filter } from './plan/filter.ts'
import type { Plan } from './plan/plan.ts'
import type { PlanJson } from './plan-json.ts'
import { marked, markedRows, markJoin } from './mark-join.ts'
import { withPartner } from './partners.ts'
import { readConditions, readSides } from './read-join.ts'
import { expressionsOf, type PlanContext } from './plan-context.ts'

const JOINS = new Set(['LOGICAL_COMPARISON_JOIN', 'LOGICAL_DELIM_JOIN'])

/** The filter and its mark join together; null where there is no mark join below the filter. */
export function readMarkFilter(json: PlanJson, context: PlanContext): Plan | null {
  const [child] = json.children
  if (child === undefined || !JOINS.has(child.type) || child['join_type'] !== 'MARK') return null
  const sides = readSides(child, context)
  const mark = sides.left.types.length
  const conditions = expressionsOf(json).flatMap(conditionsOf)
  const asked = conditions.filter((condition) => columnsOf(condition).has(mark))
  const [only, second] = asked
  const wanted = only === undefined || second !== undefined ? null : wantedMark(only, mark)
  const split = readConditions(child, sides)
  if (wanted === null) {
    const joined = markJoin(sides, split)
    const whole = allOf(conditions)
    return whole === null ? joined : filter(joined, whole)
  }
  const rest = allOf(conditions.filter((condition) => condition !== only))
  const chosen = { left: rest === null ? sides.left : filter(sides.left, rest), right: sides.right }
  return marked(wanted ? withPartner(chosen, split) : markedRows(chosen, split).isFalse, wanted)
}

/** What the condition demands of the mark: true, false, or null for something else. */
function wantedMark(condition: Expression, mark: number): boolean | null {
  if (condition.kind === 'column' && condition.index === mark) return true
  if (condition.kind === 'negation' && condition.input.kind === 'column' && condition.input.index === mark) return false
  return null
}
