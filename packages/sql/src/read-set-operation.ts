/** UNION, EXCEPT and INTERSECT: two rows are the same where no column is distinct, so NULL meets NULL. */
import { columnReference } from './expression/column-reference.ts'
import { bag } from './plan/bag.ts'
import { distinct } from './plan/distinct.ts'
import { join } from './plan/join.ts'
import type { Plan } from './plan/plan.ts'
import { union } from './plan/union.ts'
import type { PlanJson } from './plan-json.ts'
import { type PlanContext, sidesOf } from './plan-context.ts'

export function readUnion(json: PlanJson, context: PlanContext): Plan {
  const all = union(json.children.map((child) => context.read(child, context)))
  return json['setop_all'] === false ? distinct(all) : all
}

export function readExcept(json: PlanJson, context: PlanContext): Plan {
  return rowsOfLeft('anti', json, context)
}

export function readIntersect(json: PlanJson, context: PlanContext): Plan {
  return rowsOfLeft('semi', json, context)
}

/** Each different row of the left that the right has (`semi`), or has not. */
function rowsOfLeft(kind: 'semi' | 'anti', json: PlanJson, context: PlanContext): Plan {
  const { left, right } = sidesOf(json, context)
  if (json['setop_all'] !== false) return bag(kind === 'semi' ? 'intersect' : 'except', { left, right })
  const keys = left.types.map((type, at) => {
    const column = columnReference(at, type)
    return { left: column, right: column, nullsMatch: true }
  })
  return distinct(join(kind, { left, right }, { keys, residual: null }))
}
