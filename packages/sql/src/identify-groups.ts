import type { Plan } from './plan/plan.ts'
import { type KeysOfRelation, uniqueKeysOf } from './unique-key.ts'

/** Marks in every aggregate the groups that identify a row, so that no state is keyed by more. */
export function identifyGroups(plan: Plan, keysOf: KeysOfRelation): Plan {
  switch (plan.kind) {
    case 'scan':
    case 'rows':
      return plan
    case 'join':
      return { ...plan, left: identifyGroups(plan.left, keysOf), right: identifyGroups(plan.right, keysOf) }
    case 'union':
      return { ...plan, inputs: plan.inputs.map((input) => identifyGroups(input, keysOf)) }
    case 'aggregate': {
      const [identity = plan.identity] = uniqueKeysOf(plan, keysOf)
      return { ...plan, input: identifyGroups(plan.input, keysOf), identity }
    }
    default:
      return { ...plan, input: identifyGroups(plan.input, keysOf) }
  }
}
