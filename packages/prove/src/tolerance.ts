/**
 * How far floats of a model may lie from batch's. DuckDB adds doubles in the order in which it meets them,
 * so its own answer differs from run to run in the last digits; ours is the exact sum, rounded once. What is
 * computed row by row has no such excuse and is compared exactly, as is everything that is no float.
 */
import { type AggregateCall, expressionsOfCall, partsOf, type Plan, relationsOf } from '@millrace/sql'
import type { ProvenModel } from './prove-model.ts'

/** Relative to the larger of the two. */
const SUM_TOLERANCE = 1e-9

const SUMS: ReadonlySet<string> = new Set(['sum', 'avg'])
const MOMENTS = /^(var|stddev|sem|covar|corr|regr)/

/** Of bound models; 0 where all is exact. */
export function toleranceFor(models: readonly Pick<ProvenModel, 'name' | 'plan'>[], name: string): number {
  const { plan } = models.find((each) => each.name === name) ?? {}
  if (plan === undefined) return 0
  return addsFloats(plan) || [...relationsOf(plan)].some((input) => toleranceFor(models, input) > 0) ? SUM_TOLERANCE : 0
}

function addsFloats(plan: Plan): boolean {
  return partsOf(plan).flatMap(callsOf).some(isRounded)
}

function callsOf(plan: Plan): readonly AggregateCall[] {
  if (plan.kind === 'aggregate') return plan.calls
  return plan.kind === 'window' ? plan.calls.flatMap(({ aggregate }) => aggregate ?? []) : []
}

function isRounded(call: AggregateCall): boolean {
  if (MOMENTS.test(call.function) && call.function !== 'regr_count') return true
  return SUMS.has(call.function) && expressionsOfCall(call).some(({ type }) => type.kind === 'float64' || type.kind === 'float32')
}
