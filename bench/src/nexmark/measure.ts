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
}

export interface Measured extends Readonly<Spent> {
  readonly peakBytes: number
  readonly rows: number
  readonly checksum: string
  /** Rows of the streams that the query reads. */
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
