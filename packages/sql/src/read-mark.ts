/**
 * IN and EXISTS with a subquery. DuckDB plans them as a join that adds a column, the mark, and a filter
 * on it. Where the filter asks that the mark be true (or, if it cannot be NULL, false) this is a semi
 * join (or an anti join); the mark itself then has one known value.
 */
import { constant } from './expression/constant.ts'
import { columnReference } from './expression/column-reference.ts'
import { allOf, conditionsOf } from './expression/conjunction.ts'
import { columnsOf, type Expression } from './expression/expression.ts'
import { filter } from './plan/filter.ts'
import { join } from './plan/join.ts'
import type { Plan } from './plan/plan.ts'
import { project } from './plan/project.ts'
import type { PlanJson } from './plan-json.ts'
import { readConditions, readSides } from './read-join.ts'
import { expressionsOf, type PlanContext } from './plan-context.ts'
import { Unsupported } from './sql-error.ts'

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
  if (wanted === null)
    throw new Unsupported('IN or EXISTS outside a plain AND', only?.place ?? null, 'Ask for it as one of the conditions joined by AND.')
  const { keys, others } = readConditions(child, sides)
  const neverNull = keys.every((key) => key.nullsMatch)
  if (others.length > 0) throw new Unsupported('IN or EXISTS on a condition other than equality', others[0]?.place ?? null)
  if (!wanted && !neverNull) throw new Unsupported('NOT IN with a subquery', only?.place ?? null, 'Use NOT EXISTS.')
  const rest = allOf(conditions.filter((condition) => condition !== only))
  const left = rest === null ? sides.left : filter(sides.left, rest)
  const joined = join(wanted ? 'semi' : 'anti', { left, right: sides.right }, { keys, residual: null })
  return project(joined, [...left.types.map((type, at) => columnReference(at, type)), constant(wanted, { kind: 'boolean' })])
}

/** What the condition demands of the mark: true, false, or null for something else. */
function wantedMark(condition: Expression, mark: number): boolean | null {
  if (condition.kind === 'column' && condition.index === mark) return true
  if (condition.kind === 'negation' && condition.input.kind === 'column' && condition.input.index === mark) return false
  return null
}
