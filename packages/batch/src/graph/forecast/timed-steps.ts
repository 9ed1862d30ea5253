/** The steps that a run has to make, with the seconds that each is expected to take. */
import type { TimedStep } from '../run/critical-path.ts'
import type { RunPlan, Step } from '../run/plan-run.ts'

/** Where nothing is known of any step, what matters is how many stand in a row. */
const SECONDS_UNKNOWN = 0.01

/** One that never ran is expected to be as the others are on average. */
export function timedSteps(plan: RunPlan): Map<string, TimedStep> {
  const toMake = [...plan.steps.values()].filter(({ version }) => version === null)
  const known = toMake.flatMap(({ estimate }) => estimate ?? [])
  const usual = known.length === 0 ? SECONDS_UNKNOWN : known.reduce((sum, seconds) => sum + seconds, 0) / known.length
  const names = new Set(toMake.map(({ name }) => name))
  return new Map(toMake.map((step) => [step.name, { seconds: step.estimate ?? usual, inputs: madeInputs(step, names) }]))
}

function madeInputs({ model }: Step, names: ReadonlySet<string>): string[] {
  return (model?.inputs ?? []).filter((input) => names.has(input))
}
