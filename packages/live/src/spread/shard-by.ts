/**
 * A plan whose rows are dealt out to shards so that each shard computes its own part of the result: the
 * results of all shards together are the whole's. That is so where every operator that remembers rows finds
 * all that it must bring together in one shard: the rows of a group, of a key of a join, of a partition.
 *
 * The key is followed from the operator down to the scans, and must be plain columns there: a row is dealt
 * before any filter has seen it, and an expression might have no value for a row that the filter takes away.
 */
import { isWhole } from '@millrace/core'
import { type Expression, type JoinKey, type Plan, planInputs, withPlanInputs } from '@millrace/sql'
import type { Exchanges } from './exchange.ts'

/** The plan over exchanges that deal by the given columns of its result; null where these cannot be followed. */
export function shardBy(plan: Plan, columns: readonly number[], exchanges: Exchanges): Plan | null {
  return exchanges.once(plan, columns.join(' '), () => shardNow(plan, columns, exchanges))
}

function shardNow(plan: Plan, columns: readonly number[], exchanges: Exchanges): Plan | null {
  switch (plan.kind) {
    case 'scan': {
      const key = columns.map((column) => plan.columns[column] ?? null).filter((name) => name !== null)
      return key.length < columns.length ? null : { ...plan, relation: exchanges.nameOf(plan.relation, plan.columns, key) }
    }
    case 'rows':
    case 'recursion':
      return null
    case 'filter':
    case 'distinct':
      return shardInputs(plan, [columns], exchanges)
    case 'project':
      return shardInputs(plan, [columns.map((column) => plainColumn(plan.expressions[column]))], exchanges)
    case 'unnest':
      return shardInputs(plan, [columns.filter((column) => column < plan.input.types.length)], exchanges, columns.length)
    case 'aggregate':
      return shardInputs(plan, [columns.map((column) => plainColumn(plan.groups[column]))], exchanges)
    case 'top':
    case 'window': {
      const partitions = new Set(plan.partitions.map(plainColumn))
      return shardInputs(plan, [columns.filter((column) => partitions.has(column))], exchanges, columns.length)
    }
    case 'union':
      return shardInputs(
        plan,
        plan.inputs.map(() => columns),
        exchanges,
      )
    case 'bag':
      return shardInputs(plan, [columns, columns], exchanges)
    case 'join':
    case 'asof': {
      if (isConstant(plan.right) && columns.every((column) => column < plan.left.types.length))
        return besideConstant(plan, columns, exchanges)
      const pairs = columns.map((column) => pairOf(plan, column))
      return shardInputs(plan, [pairs.map((pair) => pair?.left ?? -1), pairs.map((pair) => pair?.right ?? -1)], exchanges)
    }
  }
}

/** The same plan over exchanges that deal its rows anyhow: for what remembers none. */
export function shardAnyhow(plan: Plan, exchanges: Exchanges): Plan {
  return exchanges.once(plan, 'anyhow', () => {
    if (plan.kind === 'scan') return { ...plan, relation: exchanges.nameOf(plan.relation, plan.columns, null) }
    const inputs = planInputs(plan).map((input) => shardAnyhow(input, exchanges))
    return withPlanInputs(plan, inputs)
  })
}

/** The columns of its result by which a plan's top operator could be dealt. */
export function shardableColumns(plan: Plan): readonly number[] {
  switch (plan.kind) {
    case 'aggregate':
      return plan.groups.flatMap((group, at) => (plainColumn(group) < 0 ? [] : [at]))
    case 'distinct':
    case 'bag':
      return plan.types.map((_, at) => at)
    case 'top':
    case 'window':
      return plainColumns(plan.partitions)
    case 'join':
    case 'asof':
      return plainColumns(plan.keys.map((key) => key.left))
    default:
      return []
  }
}

/** A column that is there as it is. Whole numbers stay the same numbers in every type of them. */
export function plainColumn(expression: Expression | undefined): number {
  if (expression?.kind === 'column') return expression.index
  if (expression?.kind !== 'cast' || expression.lenient) return -1
  return isWholeNumber(expression.type) && isWholeNumber(expression.input.type) ? plainColumn(expression.input) : -1
}

function isWholeNumber(type: Expression['type']): boolean {
  return type.kind !== 'null' && type.kind !== 'foreign' && isWhole(type)
}

function plainColumns(expressions: readonly Expression[]): readonly number[] {
  return [...new Set(expressions.map(plainColumn))].filter((column) => column >= 0)
}

/** `wanted`: how many columns there must be, where some may have been dropped on the way. */
function shardInputs(plan: Plan, columns: readonly (readonly number[])[], exchanges: Exchanges, wanted = 0): Plan | null {
  const inputs: Plan[] = []
  for (const [at, input] of planInputs(plan).entries()) {
    const own = columns[at] ?? []
    if (own.length === 0 || own.length < wanted || own.includes(-1)) return null
    const sharded = shardBy(input, own, exchanges)
    if (sharded === null) return null
    inputs.push(sharded)
  }
  return withPlanInputs(plan, inputs)
}

/** What reads no relation is the same in every shard. */
function isConstant(plan: Plan): boolean {
  return plan.kind === 'rows' || (plan.kind === 'project' && isConstant(plan.input))
}

function besideConstant(plan: Extract<Plan, { kind: 'join' | 'asof' }>, columns: readonly number[], exchanges: Exchanges): Plan | null {
  const left = shardBy(plan.left, columns, exchanges)
  return left === null ? null : { ...plan, left }
}

/** The equal keys of both sides of which a column of the result is one. A right side that may be missing has none. */
function pairOf(plan: Extract<Plan, { kind: 'join' | 'asof' }>, column: number): { left: number; right: number } | null {
  const pairs = plan.keys.map((key: JoinKey) => ({ left: plainColumn(key.left), right: plainColumn(key.right) }))
  const whole = pairs.filter(({ left, right }) => left >= 0 && right >= 0)
  const leftCount = plan.left.types.length
  if (column < leftCount) return whole.find(({ left }) => left === column) ?? null
  return plan.kind === 'join' && plan.join === 'inner' ? (whole.find(({ right }) => right === column - leftCount) ?? null) : null
}
