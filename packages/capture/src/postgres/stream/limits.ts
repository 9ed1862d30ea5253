/** The bounds of a stream (law 8): what it holds in memory is the sum of `PART_BYTES`, `PAUSED_BYTES` and one commit in flight. */

/** A commit is due after so many bytes of changes, or so long after the first of them. */
export const FLUSH_BYTES = 1_000_000
export const FLUSH_DELAY_MS = 5
/** Reading waits for the log when this much is decoded; a single transaction goes in parts of this size. */
export const PART_BYTES = 8_000_000
/** What all transactions in progress may keep in memory between their pieces, together. */
export const PAUSED_BYTES = 8_000_000
/** Transactions in progress that are followed at a time. */
export const LANES_MAX = 256
/** What one of them may hold until it ends: records that it is to park. */
export const HELD_RECORDS_MAX = 1000
/** Memory of written changes that is kept for the next ones: of what is written, of what is ready, and of what comes. */
export const REUSED_BYTES_MAX = 2 * FLUSH_BYTES + PAUSED_BYTES / 2
export const STATUS_PAUSE_MS = 2000
