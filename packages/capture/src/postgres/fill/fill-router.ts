/** What the stream asks of the fills: to see each set before it is committed. */
import type { WriteSet } from '@millrace/core'

/** A place in the stream at which every transaction is whole. */
export interface Boundary {
  /** Everything before it is in this set or in an earlier one. */
  readonly position: number
  readonly transaction: number
  readonly timeMicros: number
}

export interface FillRouter {
  /**
   * Every set that the stream is about to commit, in order; never called while another commit is in
   * flight. Changes of tables that are being filled go into tails, and fills that are ready are shown.
   * `boundary` is null for a part of a transaction that is not whole.
   */
  route(set: WriteSet, boundary: Boundary | null): WriteSet
  /** The set that `route` gave is durable. Where it is refused instead, the session ends. */
  routed(): void
  /** True where a set is to be committed at the next boundary, even if nothing is pending. */
  readonly isDue: boolean
}
