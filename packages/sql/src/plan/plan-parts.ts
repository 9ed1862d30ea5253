/**
 * A plan's parts may have several readers: the outer rows of a subquery, a table of WITH, the left side of a
 * mark. Gone through as a tree, each such part is met once per way to it, which are 2^n for n subqueries one
 * above the other; so whoever goes through a plan goes through its parts, each once.
 */
import { type Plan, planInputs } from './plan.ts'
import { isWorking } from './recursion.ts'

/** The plan and all that it reads, each once, inputs before what reads them. */
export function partsOf(plan: Plan): readonly Plan[] {
  const parts = new Set<Plan>()
  const add = (part: Plan): void => {
    if (parts.has(part)) return
    for (const input of planInputs(part)) add(input)
    parts.add(part)
  }
  add(plan)
  return [...parts]
}

/** A function of plans that is computed once for each. What it makes of a shared part is shared too. */
export function oncePerPlan<Result>(compute: (plan: Plan) => Result): (plan: Plan) => Result {
  const known = new WeakMap<Plan, { readonly result: Result }>()
  return (plan) => {
    const held = known.get(plan)
    if (held !== undefined) return held.result
    const result = compute(plan)
    known.set(plan, { result })
    return result
  }
}

/** The names of the streams and models that it reads, each once. */
export function relationsOf(plan: Plan): ReadonlySet<string> {
  return new Set(partsOf(plan).flatMap((part) => (part.kind === 'scan' && !isWorking(part.relation) ? [part.relation] : [])))
}
