/**
 * Turns a cluster of inner joins, cross products and filters into joins on equal keys. The binder leaves
 * `from a, b where a.x = b.x` as a filter over a cross product; kept as such it would hold every pair.
 * The inputs are joined in their written order, except that one which no condition ties to those before
 * it waits until there is one.
 */
import {
  allOf,
  columnReference,
  columnsOf,
  conditionsOf,
  type Expression,
  filter,
  join,
  keepColumns,
  oncePerPlan,
  type Plan,
  rewrite,
  splitConditions,
} from '@millrace/sql'

interface Cluster {
  readonly inputs: readonly Plan[]
  /** Conditions over the columns of all inputs, in the order of the inputs. */
  readonly conditions: readonly Expression[]
}

export const orderJoins: (plan: Plan) => Plan = oncePerPlan((plan) => {
  switch (plan.kind) {
    case 'scan':
    case 'rows':
      return plan
    case 'filter':
      return orderCluster(plan)
    case 'join':
      return plan.join === 'inner' ? orderCluster(plan) : { ...plan, left: orderJoins(plan.left), right: orderJoins(plan.right) }
    case 'bag':
    case 'asof':
      return { ...plan, left: orderJoins(plan.left), right: orderJoins(plan.right) }
    case 'recursion':
      return { ...plan, initial: orderJoins(plan.initial), round: orderJoins(plan.round) }
    case 'union':
      return { ...plan, inputs: plan.inputs.map(orderJoins) }
    default:
      return { ...plan, input: orderJoins(plan.input) }
  }
})

function orderCluster(plan: Plan): Plan {
  const cluster = clusterOf(plan)
  const [first] = cluster.inputs
  if (first !== undefined && cluster.inputs.length === 1) {
    const condition = allOf(cluster.conditions)
    const input = orderJoins(first)
    return condition === null ? input : filter(input, condition)
  }
  return joinCluster(cluster)
}

function clusterOf(plan: Plan): Cluster {
  if (plan.kind === 'filter') {
    const inner = clusterOf(plan.input)
    return { inputs: inner.inputs, conditions: [...inner.conditions, ...conditionsOf(plan.condition)] }
  }
  if (plan.kind !== 'join' || plan.join !== 'inner') return { inputs: [plan], conditions: [] }
  const left = clusterOf(plan.left)
  const right = clusterOf(plan.right)
  const leftCount = plan.left.types.length
  const keys = plan.keys.map(({ left: leftKey, right: rightKey, nullsMatch }): Expression => ({
    kind: 'comparison',
    type: { kind: 'boolean' },
    place: leftKey.place,
    operator: nullsMatch ? 'notDistinct' : 'equal',
    left: leftKey,
    right: moved(rightKey, (column) => column + leftCount),
  }))
  const residual = plan.residual === null ? [] : conditionsOf(plan.residual)
  const shiftedRight = right.conditions.map((condition) => moved(condition, (column) => column + leftCount))
  return { inputs: [...left.inputs, ...right.inputs], conditions: [...left.conditions, ...shiftedRight, ...keys, ...residual] }
}

function joinCluster({ inputs, conditions }: Cluster): Plan {
  const offsets = offsetsOf(inputs)
  const ownerOf = (column: number): number => offsets.findLastIndex((offset) => column >= offset)
  const ownersOf = (condition: Expression): Set<number> => new Set([...columnsOf(condition)].map(ownerOf))
  const waiting = new Set(conditions)
  const take = (fits: (owners: Set<number>) => boolean): Expression[] => {
    const taken = [...waiting].filter((condition) => fits(ownersOf(condition)))
    for (const condition of taken) waiting.delete(condition)
    return taken
  }
  const filtered = inputs.map((input, at) => {
    const own = take((owners) => owners.size <= 1 && owners.has(at)).map((condition) =>
      moved(condition, (column) => column - (offsets[at] as number)),
    )
    const condition = allOf(own)
    return orderJoins(condition === null ? input : filter(input, condition))
  })
  // Per column of the cluster its place in what has been joined so far.
  const places = new Map<number, number>()
  const joined = new Set<number>()
  let result: Plan | null = null
  for (let step = 0; step < inputs.length; step += 1) {
    const next = nextInput(inputs.length, joined, [...waiting].map(ownersOf))
    const input = filtered[next] as Plan
    const leftCount: number = result === null ? 0 : result.types.length
    for (let column = 0; column < input.types.length; column += 1) places.set((offsets[next] as number) + column, leftCount + column)
    joined.add(next)
    if (result === null) result = input
    else {
      const on = take((owners) => [...owners].every((owner) => joined.has(owner))).map((condition) =>
        moved(condition, (column) => places.get(column) as number),
      )
      const { keys, others } = splitConditions(on, leftCount)
      result = join('inner', { left: result, right: input }, { keys, residual: allOf(others) })
    }
  }
  const ordered = keepColumns(
    result as Plan,
    [...places.keys()].sort((a, b) => a - b).map((column) => places.get(column) as number),
  )
  const constantConditions = allOf([...waiting])
  return constantConditions === null ? ordered : filter(ordered, constantConditions)
}

/** The first input that a condition ties to those already joined; else the first that is left. */
function nextInput(count: number, joined: ReadonlySet<number>, owners: readonly Set<number>[]): number {
  const left = Array.from({ length: count }, (_, at) => at).filter((at) => !joined.has(at))
  const tied = left.find((at) =>
    owners.some(
      (set) => set.has(at) && [...set].some((owner) => joined.has(owner)) && [...set].every((owner) => owner === at || joined.has(owner)),
    ),
  )
  return tied ?? (left[0] as number)
}

function offsetsOf(inputs: readonly Plan[]): readonly number[] {
  let next = 0
  return inputs.map((input) => {
    const offset = next
    next += input.types.length
    return offset
  })
}

function moved(expression: Expression, move: (column: number) => number): Expression {
  return rewrite(expression, (part) => (part.kind === 'column' ? columnReference(move(part.index), part.type, part.place) : part))
}
