import type { Spent } from './stopwatch.ts'

/** What one process measures of one query: the order it gets and the result that it prints. */
export interface MeasureOrder {
  /**
   * `prepare`: makes a store whose log has all events, with the model begun before the first of them.
   * `engine`: the live runner from that log to the model's stream, commits included.
   * `operators`: the model's operators alone, from batches in memory.
   * `peer`: the same query on @tanstack/db-ivm, from objects in memory.
   */
  readonly mode: 'prepare' | 'engine' | 'operators' | 'peer'
  readonly query: string
  readonly file: string
  readonly store: string
  /** Events in one commit, and in one step of what has no log. */
  readonly portionEvents: number
  /** Of `engine`: the last cut of the log. */
  readonly cut: number
  /** Of `engine`: the threads that the model is spread over; 1 for the engine's own. */
  readonly workers: number
  /** For how long the query runs again and again before it is measured; 0: one pass is measured, the first. */
  readonly warmUpSeconds: number
  readonly rounds: number
}

/** All events once, from nothing to the result. */
export interface Pass {
  readonly spent: Readonly<Spent>
  /** Null where nobody asked for it: telling it takes longer than some queries do. */
  readonly result: Result | null
}

export interface Result {
  readonly rows: number
  readonly checksum: string
}

/** A query that is ready to be run as often as one likes, each time from nothing. */
export interface Runnable {
  /** Rows of the streams that the query reads. */
  readonly read: number
  readonly pass: (wantsResult: boolean) => Promise<Pass>
  readonly close: () => Promise<void>
}

export interface Measured extends Result {
  /** Of each round, as one pass. */
  readonly runs: readonly Readonly<Spent>[]
  /** Of the first pass, in a process that has run nothing yet. */
  readonly cold: Readonly<Spent>
  /** After the first pass. */
  readonly peakBytes: number
  readonly read: number
}

/** Of `prepare`. */
export interface Prepared {
  readonly cut: number
}

/** Why nothing could be measured. */
export interface Refused {
  readonly refused: string
}
