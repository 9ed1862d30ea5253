/** The condition under which UNNEST makes no row of a row, as an outer lateral join has to know. */
import { call } from './expression/call.ts'
import { coalesce } from './expression/coalesce.ts'
import { comparison } from './expression/comparison.ts'
import { constant } from './expression/constant.ts'
import type { Expression } from './expression/expression.ts'
import type { UnnestedList } from './plan/unnest.ts'

const INT64 = { kind: 'int64' } as const
const BOOLEAN = { kind: 'boolean' } as const

/** Null for a series of which that is not known beforehand. */
export function hasNoItems(list: UnnestedList): Expression | null {
  if (list.kind === 'list') {
    const length = coalesce([lengthOf(list.list), constant(0, INT64)], INT64, list.list.place)
    return comparison('equal', length, constant(0, INT64))
  }
  const { start, stop, step, isInclusive } = list
  if (list.type.kind !== 'int64' || step.kind !== 'constant' || typeof step.value !== 'number' || step.value === 0) return null
  const [first, last] = step.value > 0 ? [start, stop] : [stop, start]
  return coalesce([comparison(isInclusive ? 'greater' : 'greaterOrEqual', first, last), constant(true, BOOLEAN)], BOOLEAN, step.place)
}

/** NULL for NULL. */
export function lengthOf(list: Expression): Expression {
  return call('len', [list], { type: INT64, place: list.place })
}
