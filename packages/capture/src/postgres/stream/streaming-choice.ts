/**
 * Whether the server is to send transactions in progress. It is, but for a while after one was met that
 * can only be decoded as a whole: because a part of it was undone after it had come, or because it changes
 * a table's shape. Then the session begins again, and everything comes whole until that transaction ended.
 */
import type { Clock } from '@millrace/base'
import type { Query } from '../connect.ts'

/** Protocol version 2. */
const VERSION_MIN = 140_000
/** A source that falls back again within this time waits before it streams anew, and each time longer. */
const SOON_MS = 60_000
const PAUSE_MS = 5000
const PAUSE_MS_MAX = 300_000

interface Obstacle {
  readonly xid: number
  readonly why: string
  /** It ended before this position of the server's log; null while it has not, as far as is known. */
  endPosition: number | null
}

export class StreamingChoice {
  /** How often a transaction had to be read again, whole. */
  fallBacks = 0
  readonly #clock: Clock
  #obstacle: Obstacle | null = null
  #fellBackMs = -Infinity
  /** Each fall back costs a session; where they follow one another, whole transactions are cheaper. */
  #pauseMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  isOn(version: number): boolean {
    return version >= VERSION_MIN && this.#obstacle === null && this.#clock.monotonicMs() >= this.#fellBackMs + this.#pauseMs
  }

  get why(): string | null {
    return this.#obstacle?.why ?? null
  }

  fallBack(xid: number, why: string): void {
    this.fallBacks += 1
    const nowMs = this.#clock.monotonicMs()
    const isSoon = nowMs - this.#fellBackMs < this.#pauseMs + SOON_MS
    this.#pauseMs = isSoon ? Math.min(PAUSE_MS_MAX, Math.max(PAUSE_MS, this.#pauseMs * 2)) : 0
    this.#fellBackMs = nowMs
    this.#obstacle = { xid, why, endPosition: null }
  }

  /** A transaction came whole, and everything before this position has come: whether nothing is in the way now. */
  hasPassed(xid: number, position: number): boolean {
    this.committed(xid)
    this.passed(position)
    return this.#obstacle === null
  }

  /** A transaction came whole: this one is in the way no longer. */
  committed(xid: number): void {
    if (this.#obstacle?.xid === xid) this.#obstacle = null
  }

  /** Everything before this position has come. */
  passed(position: number): void {
    const endPosition = this.#obstacle?.endPosition ?? null
    if (endPosition !== null && position >= endPosition) this.#obstacle = null
  }

  /** One that was undone is never told: the server is asked. */
  async look(query: Query): Promise<void> {
    const obstacle = this.#obstacle
    if (obstacle === null || obstacle.endPosition !== null) return
    const [row] = await query<{ ended: boolean; position: string }>(
      `select not exists (select from pg_snapshot_xip(pg_current_snapshot()) as running(xid)
         where running.xid::text::numeric % 4294967296 = $1) as ended, pg_current_wal_insert_lsn() - '0/0'::pg_lsn as position`,
      [obstacle.xid],
    )
    if (row?.ended === true) obstacle.endPosition = Number(row.position)
  }
}
