/**
 * IN, ANY and EXISTS as a column, the mark: true where a left row has a partner; else NULL where a
 * comparison with some right row is NULL; else false. Each of the three is a set of left rows of its own.
 */
import { columnReference } from './expression/column-reference.ts'
import { comparison } from './expression/comparison.ts'
import { allOf } from './expression/conjunction.ts'
import { constant } from './expression/constant.ts'
import { type Expression, shiftColumns } from './expression/expression.ts'
import { type NullTest, nullTest } from './expression/null-test.ts'
import { filter } from './plan/filter.ts'
import type { JoinKey, JoinSides } from './plan/join.ts'
import type { Plan } from './plan/plan.ts'
import { project } from './plan/project.ts'
import { union } from './plan/union.ts'
import { Unsupported } from './sql-error.ts'
import { type SplitConditions, withoutPartner, withPartner } from './partners.ts'

export interface MarkedRows {
  readonly isTrue: Plan
  readonly isFalse: Plan
  /** Null where the mark never is. */
  readonly isNull: Plan | null
}

export function markJoin(sides: JoinSides, conditions: SplitConditions): Plan {
  const { isTrue, isFalse, isNull } = markedRows(sides, conditions)
  return union([marked(isTrue, true), marked(isFalse, false), ...(isNull === null ? [] : [marked(isNull, null)])])
}

export function marked(plan: Plan, mark: boolean | null): Plan {
  return project(plan, [...plan.types.map((type, at) => columnReference(at, type)), constant(mark, { kind: 'boolean' })])
}

export function markedRows(sides: JoinSides, conditions: SplitConditions): MarkedRows {
  const isTrue = withPartner(sides, conditions)
  const certain = conditions.keys.filter(({ nullsMatch }) => nullsMatch)
  const [only, ...more] = conditions.keys.filter(({ nullsMatch }) => !nullsMatch)
  if (only === undefined && conditions.others.length === 0) return { isTrue, isFalse: withoutPartner(sides, conditions), isNull: null }
  // DuckDB takes a NULL in any of the columns for a NULL in all of them, which no condition on pairs says.
  if (more.length > 0)
    throw new Unsupported('IN over several columns where it may be NULL', only?.left.place ?? null, 'Use EXISTS or NOT EXISTS.')
  const split = only !== undefined && conditions.others.length === 0
  return { isTrue, ...(split ? ofOneEquality(sides, conditions, { certain, key: only }) : ofAnyCondition(sides, conditions, certain)) }
}

/** `x IN (…)`: NULL meets every right row, and a NULL among these meets every left row. */
function ofOneEquality(
  { left, right }: JoinSides,
  conditions: SplitConditions,
  { certain, key }: { certain: readonly JoinKey[]; key: JoinKey },
): Pick<MarkedRows, 'isFalse' | 'isNull'> {
  const withinGroup = { keys: certain, others: [] }
  const unknown = { left: filter(left, isNullTest(key.left)), right }
  const known = withoutPartner({ left: filter(left, nullTest(key.left, { negated: true, place: null })), right }, conditions)
  const unmatched = { left: known, right: filter(right, isNullTest(key.right)) }
  return {
    isFalse: union([withoutPartner(unmatched, withinGroup), withoutPartner(unknown, withinGroup)]),
    isNull: union([withPartner(unmatched, withinGroup), withPartner(unknown, withinGroup)]),
  }
}

/** In general a left row is looked at with every right row of its group. */
function ofAnyCondition(
  sides: JoinSides,
  { keys, others }: SplitConditions,
  certain: readonly JoinKey[],
): Pick<MarkedRows, 'isFalse' | 'isNull'> {
  const leftCount = sides.left.types.length
  const asked = keys
    .filter(({ nullsMatch }) => !nullsMatch)
    .map((key): Expression => {
      return comparison(
        'equal',
        key.left,
        shiftColumns(key.right, (index) => index + leftCount),
      )
    })
  const whole = allOf([...asked, ...others]) as Expression
  const unknown = { keys: certain, others: [isNullTest(whole)] }
  const withoutTrue = withoutPartner(sides, { keys, others })
  return {
    isFalse: withoutPartner({ left: withoutTrue, right: sides.right }, unknown),
    isNull: withPartner({ left: withoutTrue, right: sides.right }, unknown),
  }
}

function isNullTest(input: Expression): NullTest {
  return nullTest(input, { negated: false, place: null })
}
