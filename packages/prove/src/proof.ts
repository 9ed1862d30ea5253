/** The outcome of a proof: plain data, so that it can cross a thread, a socket or a pipe. */
import type { Row } from './compare-relations.ts'

export interface Proof {
  readonly verdict: 'equal' | 'different'
  readonly model: string
  /** The cut at which both sides were compared. */
  readonly cut: number
  readonly rows: { readonly live: number; readonly batch: number }
  /** Rows that are missing, too many or changed. */
  readonly differentRows: number
  /** Rows that only batch has. */
  readonly missing: number
  /** Rows that only the live model has. */
  readonly extra: number
  readonly changed: number
  /** Columns that differ in name or type; where there are any, rows were not compared and all differ. */
  readonly columnsDiffering: readonly { readonly name: string; readonly live: string | null; readonly batch: string | null }[]
  /** For each column in which rows changed, in how many. */
  readonly changedColumns: readonly { readonly name: string; readonly rows: number }[]
  /** The first differences, in order of the key. */
  readonly differences: readonly ProofDifference[]
  /** What of the answer may depend on how rows stand that tie, if the sides differ: of such answers each side may have its own. */
  readonly ties: readonly string[]
  /** Changes of all streams that were read to prove it. */
  readonly changes: number
  readonly ms: number
}

export interface ProofDifference {
  readonly kind: 'missing' | 'extra' | 'changed'
  readonly key: Row
  readonly live: Row | null
  readonly batch: Row | null
  readonly columns: readonly string[]
}
