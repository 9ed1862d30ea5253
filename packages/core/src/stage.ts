/**
 * What the composition root asks of every running stage, and how a stage tells of itself.
 *
 * Duties of a stage: `run` resolves when the signal aborts and all it started has ended; it retries by
 * itself what may pass (`retry: 'backoff'`), reporting each failure; it rejects only for what needs a
 * person. `observe` is cheap, never blocks and never throws: the console calls it once a second.
 */
import type { MillraceError } from '@millrace/base'

export interface Stage {
  readonly name: string
  run(signal: AbortSignal): Promise<void>
  /** One observation per thing the stage carries: a source, or each model of the live runner. */
  observe(): readonly StageObservation[]
}

/** Plain evidence (law 6): no verdict here, `watch` draws it from these. */
export interface StageObservation {
  readonly kind: 'source' | 'model' | 'delivery'
  readonly name: string
  readonly phase: StagePhase
  /** Changes through this stage since the process started. */
  readonly changes: number
  /** Wall time of the last change through it; null before the first. */
  readonly lastChangeMs: number | null
  /** Wall time at which the far side last gave any sign of life; null if never. */
  readonly lastContactMs: number | null
  /** How far behind its input it is, in milliseconds between the source's commit and now; null if unknown. */
  readonly lagMs: number | null
  /** Changes that wait in front of it; null if unknown. */
  readonly backlog: number | null
  readonly error: MillraceError | null
  /** Further evidence by name, for people: `slot`, `position`, `walKeptBytes`, `stateRows`. */
  readonly evidence: Readonly<Record<string, string | number | boolean | null>>
}

export type StagePhase = 'starting' | 'snapshot' | 'filling' | 'running' | 'retrying' | 'stopped' | 'failed'
