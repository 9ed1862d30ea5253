/**
 * How long a run that is at work will still take: what is left of it, simulated, at the pace at which it has
 * done the rest. A machine that is slower tonight than it was is told so after the first models.
 */
import type { Clock } from '@millrace/base'
import type { TimedStep } from '../run/critical-path.ts'
import { simulateRun } from './simulate-run.ts'

/** The part of all work that counts as done at the usual pace, so that the first few models do not decide. */
const PACE_PRIOR = 0.1
/** Of the time that a step has taken, what it still takes at least. */
const OVERDUE_LEFT = 0.1

export class TimeLeft {
  readonly #steps: Map<string, TimedStep>
  readonly #workers: number
  readonly #clock: Clock
  readonly #begunMs = new Map<string, number>()
  #predicted: number
  #taken: number

  constructor({ steps, workers, clock }: { steps: ReadonlyMap<string, TimedStep>; workers: number; clock: Clock }) {
    this.#steps = new Map(steps)
    this.#workers = workers
    this.#clock = clock
    const prior = PACE_PRIOR * [...steps.values()].reduce((sum, { seconds }) => sum + seconds, 0)
    this.#predicted = prior
    this.#taken = prior
  }

  begun(name: string): void {
    this.#begunMs.set(name, this.#clock.monotonicMs())
  }

  ended(name: string, seconds: number): void {
    this.#predicted += this.#steps.get(name)?.seconds ?? 0
    this.#taken += seconds
    this.#steps.delete(name)
    this.#begunMs.delete(name)
  }

  seconds(): number {
    const pace = this.#predicted === 0 ? 1 : this.#taken / this.#predicted
    const nowMs = this.#clock.monotonicMs()
    const left = [...this.#steps].map(([name, { seconds, inputs }]) => {
      const begunMs = this.#begunMs.get(name)
      if (begunMs === undefined) return [name, { seconds: seconds * pace, inputs }] as const
      const elapsed = (nowMs - begunMs) / 1000
      return [name, { seconds: Math.max(seconds * pace - elapsed, elapsed * OVERDUE_LEFT), inputs }] as const
    })
    return simulateRun({ steps: new Map(left), workers: this.#workers, begun: new Set(this.#begunMs.keys()) })
  }
}
