/**
 * A source's own side of parking: it says which keys are held back, and makes the statements that set a
 * record aside in the commit of its neighbours.
 *
 * What is told here counts at once, before it is durable, because the next change is decoded before the
 * commit ends. A source that starts anew calls `load` first, and so forgets what was never committed.
 */
import type { ControlStatement } from '@millrace/core'
import type { ParkedRecord } from './parked-record.ts'

export interface Parking {
  /** Reads what is parked; at the start of each session, before the first record. */
  load(): void
  /** True while nothing of the stream is held back: the fast path of every source. */
  isClear(stream: string): boolean
  /** True if a change of this key must be parked behind an earlier one; then `park` it with code PARKED_BEHIND. */
  holds(stream: string, key: string): boolean
  /** For the commit that carries the neighbours. Raises PARKING_FULL at the limit (law 8). */
  park(record: ParkedRecord): readonly ControlStatement[]
  /** All that is parked of a stream is past: it was truncated, or filled anew. For the commit that shows so. */
  supersede(stream: string): readonly ControlStatement[]
}
