/** Tells while a run is at work when it will end: to whoever started it, and to the catalogue for all others. */
import { availableParallelism } from 'node:os'
import { TimeLeft } from '../forecast/time-left.ts'
import { timedSteps } from '../forecast/timed-steps.ts'
import type { RunPlan } from './plan-run.ts'
import type { GraphRunRequest } from './run-graph.ts'
import type { StepTold } from './run-steps.ts'

export interface TellingOptions {
  readonly request: GraphRunRequest
  readonly plan: RunPlan
  readonly run: number
  readonly workers?: number
}

const TOLD_EVERY_MS = 1000

export class RunForecastTelling {
  readonly #options: TellingOptions
  readonly #left: TimeLeft
  readonly #telling: NodeJS.Timeout

  constructor(options: TellingOptions) {
    const { request, plan, run, workers = availableParallelism() } = options
    const { clock, catalog, deadlineMs = null } = request
    this.#options = options
    this.#left = new TimeLeft({ steps: timedSteps(plan), workers, clock })
    const unknown = [...plan.steps.values()].filter(({ version, estimate }) => version === null && estimate === null).length
    const predictedSeconds = this.#left.seconds()
    const expectedMs = clock.nowMs() + predictedSeconds * 1000
    catalog.forecasts.begin({ run, workers, predictedSeconds, deadlineMs, expectedMs, unknown })
    request.onForecast?.({ run, expectedMs, deadlineMs })
    this.#telling = setInterval(() => this.#tell(), TOLD_EVERY_MS)
  }

  begun(name: string): void {
    this.#left.begun(name)
  }

  ended({ name, seconds }: StepTold): void {
    this.#left.ended(name, seconds)
  }

  end(): void {
    clearInterval(this.#telling)
  }

  #tell(): void {
    const { request, run } = this.#options
    const expectedMs = request.clock.nowMs() + this.#left.seconds() * 1000
    request.catalog.forecasts.expect(run, expectedMs)
    request.onForecast?.({ run, expectedMs, deadlineMs: request.deadlineMs ?? null })
  }
}
