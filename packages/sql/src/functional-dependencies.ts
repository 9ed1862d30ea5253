/**
 * Which columns of a plan's result follow from which others: a table's columns from its key, both sides of
 * an equality from each other. `GROUP BY o.id, c.name` has the key `o.id` alone where the order has one
 * customer and the customer one name.
 */
import type { Join } from './plan/join.ts'
import type { Plan } from './plan/plan.ts'
import { oncePerPlan } from './plan/plan-parts.ts'

/** The unique keys of a plan that are known from elsewhere. */
type UniqueKeysOf = (plan: Plan) => readonly (readonly number[])[]
type DependenciesOf = (plan: Plan) => readonly Dependency[]

interface Known {
  readonly keysOf: UniqueKeysOf
  readonly dependenciesOf: DependenciesOf
}

export interface Dependency {
  readonly from: readonly number[]
  readonly to: readonly number[]
}

/** By the unique keys of plans, which follow from dependencies in their turn. */
export function dependenciesBy(keysOf: UniqueKeysOf): DependenciesOf {
  const dependenciesOf: DependenciesOf = oncePerPlan((plan) =>
    dependenciesGiven(plan, { keysOf, dependenciesOf: (input) => dependenciesOf(input) }),
  )
  return dependenciesOf
}

function dependenciesGiven(plan: Plan, known: Known): readonly Dependency[] {
  const { keysOf, dependenciesOf } = known
  switch (plan.kind) {
    case 'scan':
    case 'aggregate': {
      const all = plan.types.map((_, at) => at)
      return keysOf(plan).map((from) => ({ from, to: all }))
    }
    case 'filter':
    case 'distinct':
    case 'unnest':
      return dependenciesOf(plan.input)
    case 'project': {
      const sources = plan.expressions.map((expression) => (expression.kind === 'column' ? expression.index : -1))
      return carried(dependenciesOf(plan.input), sources)
    }
    case 'top':
    case 'window': {
      const all = plan.types.map((_, at) => at)
      return [...keysOf(plan).map((from) => ({ from, to: all })), ...dependenciesOf(plan.input)]
    }
    case 'asof': {
      const all = plan.types.map((_, at) => at)
      return [...keysOf(plan).map((from) => ({ from, to: all })), ...dependenciesOf(plan.left)]
    }
    case 'bag':
      return dependenciesOf(plan.left)
    case 'join':
      return dependenciesOfJoin(plan, known)
    case 'union':
    case 'rows':
    case 'recursion':
      return []
  }
}

/** The least of the columns, taken from the end, that the others follow from. */
export function reducedKey(columns: readonly number[], dependencies: readonly Dependency[]): readonly number[] {
  let kept = columns
  for (const column of columns.toReversed()) {
    const rest = kept.filter((other) => other !== column)
    if (closure(rest, dependencies).has(column)) kept = rest
  }
  return kept
}

/** The columns and all that follow from them. */
export function closure(columns: readonly number[], dependencies: readonly Dependency[]): ReadonlySet<number> {
  const known = new Set(columns)
  let size = -1
  while (size !== known.size) {
    size = known.size
    for (const { from, to } of dependencies) if (from.every((column) => known.has(column))) for (const column of to) known.add(column)
  }
  return known
}

function dependenciesOfJoin(plan: Join, { keysOf, dependenciesOf }: Known): readonly Dependency[] {
  const left = dependenciesOf(plan.left)
  const leftCount = plan.left.types.length
  if (plan.join === 'semi' || plan.join === 'anti') return left
  if (plan.join === 'inner') return [...left, ...shifted(dependenciesOf(plan.right), leftCount), ...equalities(plan, leftCount)]
  return [...left, ...onlyMatch(plan, keysOf, leftCount)]
}

function equalities(plan: Join, leftCount: number): readonly Dependency[] {
  return plan.keys.flatMap(({ left, right }) => {
    if (left.kind !== 'column' || right.kind !== 'column') return []
    const [from, to] = [left.index, right.index + leftCount]
    return [
      { from: [from], to: [to] },
      { from: [to], to: [from] },
    ]
  })
}

/** Of a left join: where a key has one row on the right at most, that row, or none, follows from the key. */
function onlyMatch(plan: Join, keysOf: UniqueKeysOf, leftCount: number): readonly Dependency[] {
  const rightKeys = new Set(plan.keys.flatMap(({ right }) => (right.kind === 'column' ? [right.index] : [])))
  const isSingle = keysOf(plan.right).some((key) => key.every((column) => rightKeys.has(column)))
  const from = plan.keys.flatMap(({ left }) => (left.kind === 'column' ? [left.index] : []))
  return isSingle && from.length === plan.keys.length ? [{ from, to: plan.right.types.map((_, at) => at + leftCount) }] : []
}

function shifted(dependencies: readonly Dependency[], by: number): readonly Dependency[] {
  return dependencies.map(({ from, to }) => ({ from: from.map((column) => column + by), to: to.map((column) => column + by) }))
}

/** Through a projection: what is not projected cannot be said any more, but what follows from it can. */
function carried(dependencies: readonly Dependency[], sources: readonly number[]): readonly Dependency[] {
  const projected = [...new Set(sources.filter((source) => source >= 0))]
  return dependencies
    .map(({ from }) => from)
    .concat(projected.map((column) => [column]))
    .filter((from) => from.every((column) => projected.includes(column)))
    .map((from) => {
      const known = closure(from, dependencies)
      const to = sources.flatMap((source, at) => (source >= 0 && known.has(source) ? [at] : []))
      return { from: from.map((column) => sources.indexOf(column)), to }
    })
}
