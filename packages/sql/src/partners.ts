/**
 * Left rows with a partner on the right, and those without, for any condition. What decides is in a row's
 * columns alone, so equal rows share their fate: the different rows among the pairs tell which have one.
 * That is more state than an equality needs, which therefore keeps its own, shorter way.
 */
import { columnReference } from './expression/column-reference.ts'
import { allOf } from './expression/conjunction.ts'
import { constant } from './expression/constant.ts'
import { columnsOf, type Expression, shiftColumns } from './expression/expression.ts'
import { distinct } from './plan/distinct.ts'
import { filter } from './plan/filter.ts'
import { join, type JoinConditions, type JoinKey, type JoinSides } from './plan/join.ts'
import type { Plan } from './plan/plan.ts'
import { keepColumns, project } from './plan/project.ts'
import { union } from './plan/union.ts'
import { uniqueKeysOf } from './unique-key.ts'

/** The conditions of a join: each over one pair of sides, or over the columns of both. */
export interface SplitConditions {
  readonly keys: readonly JoinKey[]
  /** Over the left columns, then the right ones. */
  readonly others: readonly Expression[]
}

export function withPartner(sides: JoinSides, conditions: SplitConditions): Plan {
  return chosen('semi', sides, conditions)
}

export function withoutPartner(sides: JoinSides, conditions: SplitConditions): Plan {
  return chosen('anti', sides, conditions)
}

/** The pairs, and each left row without a partner, with NULLs on the right. */
export function leftJoin(sides: JoinSides, conditions: SplitConditions): Plan {
  const easy = onEquality(sides, conditions)
  if (easy !== null) return join('left', easy.sides, easy.conditions)
  return union([innerJoin(sides, conditions), padded(withoutPartner(sides, conditions), { after: sides.right })])
}

/** A left join, and each right row without a partner, with NULLs on the left. */
export function fullJoin(sides: JoinSides, conditions: SplitConditions): Plan {
  const others = withoutPartner(turned(sides), turnedConditions(sides, conditions))
  return union([leftJoin(sides, conditions), padded(others, { before: sides.left })])
}

export function rightJoin(sides: JoinSides, conditions: SplitConditions): Plan {
  const joined = leftJoin(turned(sides), turnedConditions(sides, conditions))
  const rightCount = sides.right.types.length
  return keepColumns(joined, [...sides.left.types.map((_, at) => rightCount + at), ...sides.right.types.map((_, at) => at)])
}

export function innerJoin(sides: JoinSides, { keys, others }: SplitConditions): Plan {
  return join('inner', sides, { keys, residual: allOf(others) })
}

/** What is proven to be one row at most needs no columns to be told; but without columns there is a row even of no pairs. */
const SAME: Expression = constant(true, { kind: 'boolean' })
const OF_ONE_ROW: JoinKey = { left: SAME, right: columnReference(0, { kind: 'boolean' }), nullsMatch: true }

function chosen(kind: 'semi' | 'anti', sides: JoinSides, conditions: SplitConditions): Plan {
  const easy = onEquality(sides, conditions)
  if (easy !== null) return join(kind, easy.sides, easy.conditions)
  const { left } = sides
  const [key] = [...uniqueKeysOf(left)].sort((one, other) => one.length - other.length)
  const told = key ?? left.types.map((_, at) => at)
  const pairs = innerJoin(sides, conditions)
  if (told.length === 0) return join(kind, { left, right: distinct(project(pairs, [SAME])) }, { keys: [OF_ONE_ROW], residual: null })
  const partnered = distinct(keepColumns(pairs, told))
  const same = told.map((column, at): JoinKey => {
    const type = left.types[column] as Plan['types'][number]
    return { left: columnReference(column, type), right: columnReference(at, type), nullsMatch: true }
  })
  return join(kind, { left, right: partnered }, { keys: same, residual: null })
}

/** A condition on the right side alone only decides which right rows there are to match. */
function onEquality(
  { left, right }: JoinSides,
  { keys, others }: SplitConditions,
): { sides: JoinSides; conditions: JoinConditions } | null {
  const leftCount = left.types.length
  const isOnRight = (condition: Expression): boolean => {
    const columns = [...columnsOf(condition)]
    return columns.length > 0 && columns.every((column) => column >= leftCount)
  }
  if (!others.every(isOnRight)) return null
  const condition = allOf(others.map((other) => shiftColumns(other, (index) => index - leftCount)))
  return { sides: { left, right: condition === null ? right : filter(right, condition) }, conditions: { keys, residual: null } }
}

function turned({ left, right }: JoinSides): JoinSides {
  return { left: right, right: left }
}

function turnedConditions({ left, right }: JoinSides, { keys, others }: SplitConditions): SplitConditions {
  const [leftCount, rightCount] = [left.types.length, right.types.length]
  return {
    keys: keys.map((key) => ({ left: key.right, right: key.left, nullsMatch: key.nullsMatch })),
    others: others.map((other) => shiftColumns(other, (index) => (index < leftCount ? index + rightCount : index - leftCount))),
  }
}

function padded(plan: Plan, { before, after }: { before?: Plan; after?: Plan }): Plan {
  const nulls = (of: Plan | undefined): Expression[] => (of?.types ?? []).map((type) => constant(null, type))
  return project(plan, [...nulls(before), ...plan.types.map((type, at) => columnReference(at, type)), ...nulls(after)])
}
