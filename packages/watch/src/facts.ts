import type { StageObservation } from '@millrace/core'
import type { WatchLimits } from './limits.ts'
import type { Verdict } from './verdict.ts'

/**
 * All that a verdict may rest on: the stage's own words, and how long each of them has not changed.
 * Every duration is monotonic and measured here, so neither a stepped clock nor the source's skew can
 * raise an alarm.
 */
export interface Facts {
  readonly observation: StageObservation
  /** Since the far side's last sign of life; null where there never was one. */
  readonly silentMs: number | null
  /** Since the last heartbeat came back; null where none ever did. */
  readonly heartbeatMs: number | null
  /** Whether changes pass now: one did a moment ago, and not before a sleep. */
  readonly passing: boolean
  /** Since the last change passed, or since it has been watched, or since the wake. */
  readonly idleMs: number
  /** Since the phase began, as far as it was watched. */
  readonly phaseMs: number
  /** Behind its input, without the skew of the source's clock; null if unknown. */
  readonly lagMs: number | null
  /** How long the process did not run, until the first sign of life after it; else null. */
  readonly asleepMs: number | null
  readonly limits: WatchLimits
}

export interface Opinion {
  readonly verdict: Verdict
  readonly sentence: string
}
