import type { StagePhase } from '@millrace/core'
import type { Verdict } from './verdict.ts'

export type SubjectKind = 'source' | 'stream' | 'model' | 'delivery'

/** What is known of one source, stream, model or delivery now. Plain JSON, for people and for metrics. */
export interface Report {
  readonly kind: SubjectKind
  readonly name: string
  readonly verdict: Verdict
  /** One plain sentence: why this verdict, and what to do where something is to be done. */
  readonly sentence: string
  /** The upstream culprit as `kind:name`, where the verdict is another's fault; else null. */
  readonly blame: string | null
  /** Wall time since which the verdict holds. */
  readonly sinceMs: number
  readonly phase: StagePhase
  /** Changes through it since the process started. */
  readonly changes: number
  /** Changes a second over the last 1, 10 and 60 seconds. */
  readonly rate: Rate
  readonly lag: Lag
  /** Changes that wait in front of it; null if unknown. */
  readonly backlog: number | null
  readonly lastChangeMs: number | null
  readonly lastContactMs: number | null
  /** Changes in each of the last 120 seconds at most, the oldest first. */
  readonly spark: readonly number[]
  readonly evidence: Readonly<Record<string, string | number | boolean | null>>
  readonly error: Problem | null
}

export interface Rate {
  readonly perSecond1: number
  readonly perSecond10: number
  readonly perSecond60: number
}

/** Milliseconds between the source's commit and the passage here; p50 and p99 of the last 120 seconds. */
export interface Lag {
  readonly nowMs: number | null
  readonly p50Ms: number | null
  readonly p99Ms: number | null
}

/** A MillraceError as JSON, as far as people read it. */
export interface Problem {
  readonly code: string
  readonly message: string
  readonly hint: string
}
