/** What the models of a graph ask for of what they read. */
import { eachPlan } from '../check/bound-plans.ts'
import type { CheckedGraph } from '../check/checked-graph.ts'
import { type Reading, readingOf } from './touches.ts'

/** Of every model that DuckDB computes. */
export async function readingsOf(graph: CheckedGraph): Promise<Reading[]> {
  const readings: Reading[] = []
  await eachPlan(graph, (name, plan) => readings.push(readingOf(name, plan)))
  return readings
}
