/**
 * Which joins, groups and windows of a model use which columns of what it reads, from DuckDB's bound plan, whatever SQL
 * it is. Only columns with all their rows count: of what a subquery has grouped nobody knows here how often a value is left.
 */
import { filterJoinUses, joinUses, type KeyUse, keyUse, type Origin, originOfAll } from '../../skew/uses.ts'
import { type ColumnOrigin, type ColumnReader, type PlanNode, walkLineage } from '../check/lineage.ts'
import { foldedName } from '../model/model.ts'

interface Expression {
  readonly type?: string
  readonly comparison?: string
  readonly left?: unknown
  readonly right?: unknown
  readonly children?: readonly Expression[]
  readonly partitions?: readonly unknown[]
}

/** Each once. Relations are named as they are folded. */
export function usesOfPlan(model: string, plan: PlanNode): readonly KeyUse[] {
  const uses = new Map<string, KeyUse>()
  const add = (found: readonly KeyUse[]): void => {
    for (const use of found) uses.set(JSON.stringify(use), use)
  }
  walkLineage(plan, {
    filter: (node, input) => {
      add(
        filterJoinUses(
          model,
          expressionsOf(node['expressions'])
            .flatMap(comparedIn)
            .map(pairOf({ left: input, right: input })),
        ),
      )
    },
    join: (node, sides) => {
      const pairs = expressionsOf(node['conditions'])
        .filter(({ comparison }) => EQUAL.has(comparison ?? ''))
        .map(pairOf(sides))
      const isOnce = node.type === 'LOGICAL_ASOF_JOIN' || ONCE.has(String(node['join_type']))
      add(joinUses(model, { left: originOfAll(pairs.map(([left]) => left)), right: originOfAll(pairs.map(([, right]) => right)), isOnce }))
    },
    group: (node, input) => add(keysOf(node).flatMap(({ does, key }) => keyUse(model, does, originOfAll(key.map(readBy(input)))))),
  })
  return [...uses.values()]
}

const EQUAL: ReadonlySet<string> = new Set(['COMPARE_EQUAL', 'COMPARE_NOT_DISTINCT_FROM'])
/** Joins in which a left row finds one partner at most. */
const ONCE: ReadonlySet<string> = new Set(['SEMI', 'ANTI', 'MARK', 'SINGLE'])

function expressionsOf(list: unknown): readonly Expression[] {
  return Array.isArray(list) ? (list as readonly Expression[]) : []
}

function comparedIn(expression: Expression): readonly Expression[] {
  if (expression.type === 'CONJUNCTION_AND') return (expression.children ?? []).flatMap(comparedIn)
  return EQUAL.has(expression.type ?? '') ? [expression] : []
}

function pairOf(sides: { readonly left: ColumnReader; readonly right: ColumnReader }) {
  return ({ left, right }: Expression): readonly [Origin | null, Origin | null] => [readBy(sides.left)(left), readBy(sides.right)(right)]
}

function readBy({ plainOf }: ColumnReader): (expression: unknown) => Origin | null {
  return (expression) => originFrom(plainOf(expression))
}

function originFrom(origin: ColumnOrigin | null): Origin | null {
  return origin === null ? null : { relation: foldedName(origin[0]), column: origin[1] }
}

interface OperatorKey {
  readonly does: 'group' | 'window'
  readonly key: readonly unknown[]
}

function keysOf(node: PlanNode): readonly OperatorKey[] {
  if (node.type === 'LOGICAL_WINDOW')
    return expressionsOf(node['expressions']).map(({ partitions = [] }) => ({ does: 'window', key: partitions }))
  if (node.type === 'LOGICAL_DISTINCT') return [{ does: 'group', key: expressionsOf(node['distinct_targets']) }]
  const groups = expressionsOf(node['groups'])
  const sets = (node['grouping_sets'] ?? []) as readonly (readonly (number | bigint)[])[]
  // Each grouping set spreads all the rows by a key of its own.
  const asked = sets.length === 0 ? [groups] : sets.map((set) => set.map((at) => groups[Number(at)]))
  return asked.map((key) => ({ does: 'group', key }))
}
