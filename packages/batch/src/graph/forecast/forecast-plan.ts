/** What a plan will take, before it is carried out. */
import { availableParallelism } from 'node:os'
import { criticalPath, type TimedStep } from '../run/critical-path.ts'
import type { RunPlan } from '../run/plan-run.ts'
import { simulateRun } from './simulate-run.ts'
import { type SpeedUp, speedUps } from './speed-ups.ts'
import { timedSteps } from './timed-steps.ts'

export interface RunForecast {
  /** From the beginning of the first model to the end of the last. */
  readonly seconds: number
  readonly workers: number
  /** Of all models together. */
  readonly workSeconds: number
  /** The chain that no number of workers makes shorter. */
  readonly path: readonly PathStep[]
  readonly pathSeconds: number
  readonly speedUps: readonly SpeedUp[]
  /** How many models never ran. */
  readonly unknown: number
}

export interface PathStep {
  readonly name: string
  readonly seconds: number
}

export function forecastPlan(plan: RunPlan, workers: number = availableParallelism()): RunForecast {
  const unknown = [...plan.steps.values()].filter(({ version, estimate }) => version === null && estimate === null).length
  return { ...forecastSteps(timedSteps(plan), workers), unknown }
}

/** The same of a run that was made: what it could have taken, and what would have shortened it. */
export function forecastSteps(steps: ReadonlyMap<string, TimedStep>, workers: number): Omit<RunForecast, 'unknown'> {
  const path = criticalPath(steps).map((name) => ({ name, seconds: steps.get(name)?.seconds ?? 0 }))
  return {
    seconds: simulateRun({ steps, workers }),
    workers,
    workSeconds: total([...steps.values()]),
    path,
    pathSeconds: total(path),
    speedUps: speedUps({ steps, workers }),
  }
}

function total(steps: readonly { readonly seconds: number }[]): number {
  return steps.reduce((sum, { seconds }) => sum + seconds, 0)
}
