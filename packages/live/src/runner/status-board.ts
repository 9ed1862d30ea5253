/** What each of the project's models is doing, for the runner and for whoever observes it. */
import { backoffMs, type Clock, type MillraceError, type Random } from '@millrace/base'
import type { BoundModel } from '@millrace/sql'
import { type ModelState, type ModelStatus, newStatus } from './model-status.ts'

/** When a model that has no answer is tried again. */
const RETRY = { baseMs: 1_000, limitMs: 60_000, jitter: 0.2 }

export class StatusBoard {
  readonly #clock: Clock
  readonly #random: Random
  readonly #status: ReadonlyMap<string, ModelStatus>

  constructor(models: readonly BoundModel[], { clock, random }: { clock: Clock; random: Random }) {
    this.#clock = clock
    this.#random = random
    this.#status = new Map(models.map((model) => [model.name, newStatus(model)]))
  }

  all(): Iterable<ModelStatus> {
    return this.#status.values()
  }

  has(name: string): boolean {
    return this.#status.has(name)
  }

  isFailed(name: string): boolean {
    return this.#status.get(name)?.phase === 'failed'
  }

  setPhase(name: string, phase: ModelStatus['phase']): void {
    this.#of(name).phase = phase
  }

  /** The runner as a whole begins anew, for this reason, or (null) has begun. */
  setAll(phase: ModelStatus['phase'], error: MillraceError | null): void {
    for (const status of this.#status.values()) Object.assign(status, { phase, error })
  }

  stopped(): void {
    for (const status of this.#status.values()) if (status.phase !== 'failed') status.phase = 'stopped'
  }

  joined(name: string): void {
    Object.assign(this.#of(name), { phase: 'running', error: null, attempts: 0 })
  }

  published(name: string, changes: number): void {
    const status = this.#of(name)
    status.changes += changes
    status.lastChangeMs = this.#clock.nowMs()
  }

  holds(name: string, state: ModelState): void {
    this.#of(name).state = state
  }

  failed(name: string, error: MillraceError): void {
    const status = this.#of(name)
    status.phase = 'failed'
    status.error = error
    status.attempts += 1
    status.retryAtMs = this.#clock.monotonicMs() + backoffMs(this.#random, { attempt: status.attempts, ...RETRY })
  }

  get isAnyFailed(): boolean {
    return [...this.#status.values()].some(({ phase }) => phase === 'failed')
  }

  /** Models without an answer, all of them once the time of one has come: they may be built on each other. */
  dueAgain(): readonly BoundModel[] {
    const failed = [...this.#status.values()].filter(({ phase, error }) => phase === 'failed' && error?.code === 'LIVE_EVALUATION')
    const nowMs = this.#clock.monotonicMs()
    return failed.some(({ retryAtMs }) => retryAtMs <= nowMs) ? failed.map(({ model }) => model) : []
  }

  #of(name: string): ModelStatus {
    return this.#status.get(name) as ModelStatus
  }
}
