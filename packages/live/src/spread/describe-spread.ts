/** In words, where a model is computed, and why by no more than that. */
import { type BoundModel, oncePerPlan, type Plan, planInputs } from '@millrace/sql'
import { runnablePlan } from '../runner/model-graph.ts'
import type { Exchange } from './exchange.ts'
import { shardableColumns } from './shard-by.ts'
import { spreadPlan } from './spread-plan.ts'

export function describeSpread(model: BoundModel, workers: number): string {
  if (workers < 2) return 'in one thread'
  const plan = runnablePlan(model)
  const { parts, rest } = spreadPlan(plan)
  if (parts.some(({ over }) => over === 'whole')) return `as a whole on one of ${workers} workers: ${whyWhole(plan)}`
  const dealt = [...new Set(parts.flatMap(({ exchanges }) => exchanges.map(dealing)))].join(', ')
  const over = `over ${workers} workers, ${dealt}`
  return rest === null ? over : `${over}; what is built on that in one thread: ${whyWhole(rest)}`
}

function dealing({ relation, key }: Exchange): string {
  return key === null ? `${relation} row by row` : `${relation} by ${key.join(' and ')}`
}

function whyWhole(plan: Plan): string {
  return firstReason(plan) ?? 'its joins, groups and partitions agree on no column'
}

const firstReason: (plan: Plan) => string | null = oncePerPlan((plan) => {
  const own = shardableColumns(plan).length > 0 ? null : reasonOf(plan)
  if (own !== null) return own
  for (const input of planInputs(plan)) {
    const reason = firstReason(input)
    if (reason !== null) return reason
  }
  return null
})

function reasonOf(plan: Plan): string | null {
  switch (plan.kind) {
    case 'aggregate':
      return plan.groups.length === 0 ? 'an aggregate over all rows' : 'groups that are computed, of which none is a plain column'
    case 'top':
      return 'a limit over all rows'
    case 'window':
      return 'a window without a partition by a plain column'
    case 'join':
    case 'asof':
      return 'a join without equal keys that are plain columns'
    case 'rows':
      return 'rows that are written in its SQL'
    default:
      return null
  }
}
