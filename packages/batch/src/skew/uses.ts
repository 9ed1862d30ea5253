/** Which models join, group or partition by which columns of which relations. */
import { type BoundModel, conditionsOf, type Expression, type Filter, partsOf, type Plan } from '@millrace/sql'

export interface KeyUse {
  readonly model: string
  readonly does: 'join' | 'group' | 'window'
  readonly relation: string
  readonly columns: readonly string[]
  /** Of a join between two relations: the other one, its columns in the same order. */
  readonly with: JoinedWith | null
}

export interface JoinedWith {
  readonly relation: string
  readonly columns: readonly string[]
  readonly yields: JoinYield
}

/** Rows that come out of a join: of each key the pairs of both sides, or, as of IN and EXISTS, each row of one side that has a partner. */
export type JoinYield = 'pairs' | 'own' | 'other'

/** Each use once for every relation whose columns make its whole key; a key made of expressions is nobody's. */
export function usesOf(models: readonly BoundModel[]): readonly KeyUse[] {
  const uses = new Map<string, KeyUse>()
  for (const { name, plan } of models) {
    for (const use of usesOfPlan(name, plan)) uses.set(JSON.stringify(use), use)
  }
  return [...uses.values()]
}

function usesOfPlan(model: string, plan: Plan): readonly KeyUse[] {
  return partsOf(plan).flatMap((part) => usesHere(model, part))
}

function usesHere(model: string, plan: Plan): readonly KeyUse[] {
  switch (plan.kind) {
    case 'join':
    case 'asof': {
      const left = originOfKey(
        plan.left,
        plan.keys.map((key) => key.left),
      )
      const right = originOfKey(
        plan.right,
        plan.keys.map((key) => key.right),
      )
      return joinUses(model, { left, right, isOnce: plan.kind === 'asof' || plan.join === 'semi' || plan.join === 'anti' })
    }
    case 'filter':
      return joinUsesOfFilter(model, plan)
    case 'aggregate':
      return keyUse(model, 'group', originOfKey(plan.input, plan.groups))
    case 'window':
    case 'top':
      return keyUse(model, 'window', originOfKey(plan.input, plan.partitions))
    default:
      return []
  }
}

export interface JoinOrigins {
  readonly left: KeyOrigin | null
  readonly right: KeyOrigin | null
  /** Whether a row of the left side finds one partner at most. */
  readonly isOnce: boolean
}

export function joinUses(model: string, { left, right, isOnce }: JoinOrigins): readonly KeyUse[] {
  const use = (origin: KeyOrigin | null, other: JoinedWith | null): readonly KeyUse[] =>
    origin === null ? [] : [{ model, does: 'join', ...origin, with: other }]
  return [
    ...use(left, right === null ? null : { ...right, yields: isOnce ? 'own' : 'pairs' }),
    ...use(right, left === null ? null : { ...left, yields: isOnce ? 'other' : 'pairs' }),
  ]
}

/** `FROM a, b WHERE a.x = b.x AND a.y = b.y` is a join by (x, y), whose condition stands above it. */
function joinUsesOfFilter(model: string, { input, condition }: Filter): readonly KeyUse[] {
  const pairs = conditionsOf(condition).flatMap((part) => {
    if (part.kind !== 'comparison' || part.operator !== 'equal') return []
    const left = part.left.kind === 'column' ? originOf(input, part.left.index) : null
    const right = part.right.kind === 'column' ? originOf(input, part.right.index) : null
    return [[left, right] as const]
  })
  return filterJoinUses(model, pairs)
}

/** From the pairs of columns that a filter compares. */
export function filterJoinUses(model: string, compared: readonly (readonly [Origin | null, Origin | null])[]): readonly KeyUse[] {
  const pairs = new Map<string, { left: Origin[]; right: Origin[] }>()
  for (const [left, right] of compared) {
    if (left === null || right === null || left.relation === right.relation) continue
    const [first, second] = left.relation < right.relation ? [left, right] : [right, left]
    const name = JSON.stringify([first.relation, second.relation])
    const pair = pairs.get(name) ?? { left: [], right: [] }
    pairs.set(name, pair)
    pair.left.push(first)
    pair.right.push(second)
  }
  return [...pairs.values()].flatMap(({ left, right }) =>
    joinUses(model, { left: originOfAll(left), right: originOfAll(right), isOnce: false }),
  )
}

export function keyUse(model: string, does: 'group' | 'window', origin: KeyOrigin | null): readonly KeyUse[] {
  return origin === null ? [] : [{ model, does, ...origin, with: null }]
}

export interface KeyOrigin {
  readonly relation: string
  readonly columns: readonly string[]
}

function originOfKey(plan: Plan, key: readonly Expression[]): KeyOrigin | null {
  return originOfAll(key.map((expression) => (expression.kind === 'column' ? originOf(plan, expression.index) : null)))
}

/** Null unless all are columns of one relation. */
export function originOfAll(origins: readonly (Origin | null)[]): KeyOrigin | null {
  const [first] = origins
  if (first === undefined || first === null) return null
  if (!origins.every((origin) => origin !== null && origin.relation === first.relation)) return null
  return { relation: first.relation, columns: origins.map((origin) => (origin as Origin).column) }
}

export interface Origin {
  readonly relation: string
  readonly column: string
}

/** The relation's column that stands in the plan's column, with all its rows; null where it was computed, or where rows were grouped since. */
function originOf(plan: Plan, column: number): Origin | null {
  switch (plan.kind) {
    case 'scan': {
      const name = plan.columns[column] ?? null
      return name === null ? null : { relation: plan.relation, column: name }
    }
    case 'project':
      return originOfExpression(plan.input, plan.expressions[column])
    case 'filter':
      return originOf(plan.input, column)
    case 'window':
    case 'unnest':
      return column < plan.input.types.length ? originOf(plan.input, column) : null
    case 'join':
    case 'asof': {
      const left = plan.left.types.length
      return column < left ? originOf(plan.left, column) : originOf(plan.right, column - left)
    }
    case 'aggregate':
    case 'distinct':
    case 'top':
    case 'bag':
    case 'recursion':
    case 'union':
    case 'rows':
      return null
  }
}

function originOfExpression(input: Plan, expression: Expression | undefined): Origin | null {
  return expression?.kind === 'column' ? originOf(input, expression.index) : null
}
