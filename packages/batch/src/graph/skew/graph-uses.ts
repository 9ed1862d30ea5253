import type { KeyUse } from '../../skew/uses.ts'
import { eachPlan } from '../check/bound-plans.ts'
import type { CheckedGraph } from '../check/checked-graph.ts'
import { usesOfPlan } from './uses-of-plan.ts'

/** The joins, groups and windows of the wanted models, by columns of what they and the views among their inputs read. */
export async function graphUses(graph: CheckedGraph, isWanted: (name: string) => boolean): Promise<readonly KeyUse[]> {
  const uses: KeyUse[] = []
  await eachPlan(graph, (name, plan) => uses.push(...usesOfPlan(name, plan)), isWanted)
  return uses
}

/** Folded names of the models that read one of these, at once or through views. */
export function readersOf({ models }: CheckedGraph, relations: ReadonlySet<string>): ReadonlySet<string> {
  const read = new Set(relations)
  const readers = new Set<string>()
  for (const [name, { model, inputs }] of models) {
    if (!inputs.some((input) => read.has(input))) continue
    readers.add(name)
    if (model.settings.materialize === 'view') read.add(name)
  }
  return readers
}
