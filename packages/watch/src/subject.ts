/**
 * What is remembered of one subject between samples: when, by the monotonic clock, each of its words
 * last changed. The words themselves are wall times of other clocks and are only compared, never
 * subtracted.
 */
import type { StageObservation, StagePhase } from '@millrace/core'
import { History } from './history.ts'
import type { WatchLimits } from './limits.ts'
import type { Verdict } from './verdict.ts'

/** A moment as both clocks tell it. */
export interface Moment {
  readonly wallMs: number
  readonly monotonicMs: number
}

/** What a subject says of itself in one sample. */
export interface Word extends Pick<StageObservation, 'changes' | 'lastChangeMs' | 'lastContactMs' | 'phase' | 'lagMs'> {
  readonly heartbeatMs: number | null
  /** Nothing, or next to nothing, waits in front of it. */
  readonly caughtUp: boolean
}

export class Subject {
  readonly history = new History()
  #verdict: Verdict | null = null
  #sinceMs = 0
  #phase: StagePhase | null = null
  #phaseAt = 0
  #changes: number | null = null
  #progressAt: number
  #hasPassed = false
  readonly #contact = new Sighting()
  readonly #heartbeat = new Sighting()
  readonly #caughtUpLagsMs: number[] = []

  constructor(now: Moment) {
    this.#progressAt = now.monotonicMs
  }

  note(now: Moment, word: Word): void {
    const first = this.#changes === null
    if (word.phase !== this.#phase) this.#phaseAt = now.monotonicMs
    this.#phase = word.phase
    if (first && word.lastChangeMs !== null) this.#progressAt = now.monotonicMs - agoMs(now, word.lastChangeMs)
    if (!first && word.changes !== this.#changes) this.#progressAt = now.monotonicMs
    const hasMoved = word.lastChangeMs !== null && word.changes !== this.#changes
    if (hasMoved && word.caughtUp && word.lagMs !== null) this.#learnSkew(word.lagMs)
    this.#changes = word.changes
    this.#hasPassed = word.lastChangeMs !== null
    this.#contact.note(now, word.lastContactMs, first)
    this.#heartbeat.note(now, word.heartbeatMs, first)
    this.history.add(now.monotonicMs, word.changes, this.lagMs(word.lagMs))
  }

  /**
   * The lag that is not merely two clocks that disagree. The least lag of changes that passed while
   * nothing waited is their skew, or too small to matter; a clock that is ahead gives a negative one.
   */
  lagMs(toldMs: number | null): number | null {
    if (toldMs === null) return null
    const skewMs = this.#caughtUpLagsMs.length === 0 ? 0 : Math.min(...this.#caughtUpLagsMs)
    return Math.max(0, Math.abs(skewMs) > SKEW_MS_LEAST ? toldMs - skewMs : toldMs)
  }

  #learnSkew(lagMs: number): void {
    this.#caughtUpLagsMs.push(lagMs)
    if (this.#caughtUpLagsMs.length > SKEW_SAMPLES_LIMIT) this.#caughtUpLagsMs.shift()
  }

  passing(now: Moment, wokeAt: number, limits: WatchLimits): boolean {
    return this.#hasPassed && this.#progressAt > wokeAt && now.monotonicMs - this.#progressAt < limits.passingMs
  }

  /** Durations are never counted across a sleep: they begin anew at the wake. */
  idleMs(now: Moment, wokeAt: number): number {
    return now.monotonicMs - Math.max(this.#progressAt, wokeAt)
  }

  silentMs(now: Moment, wokeAt: number): number | null {
    return this.#contact.agoMs(now, wokeAt)
  }

  heartbeatMs(now: Moment, wokeAt: number): number | null {
    return this.#heartbeat.agoMs(now, wokeAt)
  }

  phaseMs(now: Moment, wokeAt: number): number {
    return now.monotonicMs - Math.max(this.#phaseAt, wokeAt)
  }

  /** Whether the far side or a change was heard after the wake. */
  heardSince(wokeAt: number): boolean {
    return this.#progressAt > wokeAt || this.#contact.isSince(wokeAt)
  }

  /** The wall time since which this verdict holds. */
  since(now: Moment, verdict: Verdict): number {
    if (verdict !== this.#verdict) {
      this.#verdict = verdict
      this.#sinceMs = now.wallMs
    }
    return this.#sinceMs
  }
}

/** When a wall time that a stage tells was last seen to change. */
class Sighting {
  #value: number | null = null
  #at: number | null = null

  /** `first`: the very first sample, where the value can only be taken at its word. */
  note(now: Moment, value: number | null, first: boolean): void {
    if (value !== null && value !== this.#value) this.#at = now.monotonicMs - (first ? agoMs(now, value) : 0)
    this.#value = value
  }

  agoMs(now: Moment, wokeAt: number): number | null {
    return this.#at === null ? null : now.monotonicMs - Math.max(this.#at, wokeAt)
  }

  isSince(wokeAt: number): boolean {
    return this.#at !== null && this.#at > wokeAt
  }
}

/** Two clocks that are closer than this are taken to agree. */
const SKEW_MS_LEAST = 2000

/** So many caught-up seconds are remembered, so that a corrected clock is believed within a minute. */
const SKEW_SAMPLES_LIMIT = 60

/** Only for the very first sample, where there is nothing to compare with. */
function agoMs(now: Moment, thenMs: number): number {
  return Math.max(0, now.wallMs - thenMs)
}

/** How long the process did not run before this sample; 0 for an ordinary second. */
export function asleepMs(before: Moment, now: Moment, limits: WatchLimits): number {
  const gapMs = Math.max(now.wallMs - before.wallMs, now.monotonicMs - before.monotonicMs)
  return gapMs > limits.asleepMsLeast ? gapMs : 0
}
