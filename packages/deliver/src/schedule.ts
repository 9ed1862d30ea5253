/**
 * Who may be sent next. A **lane** holds the events of one key, in the order of their commits; of each
 * lane only the first event may be under way, and the next one only when the record of that one is
 * durable. A failing event blocks its own lane and no other. What waits behind it is kept in the table,
 * not here: `stored` counts it.
 */
import { assert } from '@millrace/base'
import { DueQueue } from './due-queue.ts'
import type { OutEvent } from './out-event.ts'

export interface Lane {
  readonly key: string
  readonly queue: OutEvent[]
  state: 'idle' | 'ready' | 'busy' | 'blocked'
  /** Waiting events in the table, and of these the oldest. */
  stored: number
  storedOldestUs: number
  /** Waiting events whose rows are being written. */
  storing: number
  /** Counts the blocks, so that an earlier one's end does not end a later one. */
  block: number
}

interface Due {
  readonly lane: Lane
  readonly block: number
}

export class Schedule {
  readonly #lanes = new Map<string, Lane>()
  readonly #due = new DueQueue<Due>()
  /** Ready lanes whose first event was not tried yet, and the others. */
  readonly #fresh = new Set<Lane>()
  readonly #again = new Set<Lane>()
  #blocked = 0

  get laneCount(): number {
    return this.#lanes.size
  }

  get blockedCount(): number {
    return this.#blocked
  }

  get readyCount(): number {
    return this.#fresh.size + this.#again.size
  }

  get firstDueMs(): number | null {
    return this.#due.firstDueMs
  }

  lane(key: string): Lane | undefined {
    return this.#lanes.get(key)
  }

  laneFor(key: string): Lane {
    const known = this.#lanes.get(key)
    if (known !== undefined) return known
    const lane: Lane = { key, queue: [], state: 'idle', stored: 0, storedOldestUs: 0, storing: 0, block: 0 }
    this.#lanes.set(key, lane)
    return lane
  }

  /** Whether the event may wait in memory; otherwise the caller owes it a row in the table. */
  admit(event: OutEvent): boolean {
    const lane = this.laneFor(event.key)
    if (lane.state === 'blocked' || lane.stored + lane.storing > 0) return false
    lane.queue.push(event)
    if (lane.state === 'idle') this.#makeReady(lane)
    return true
  }

  /** A row of a waiting event is being written (`1`), or has been (`-1`). */
  storing(lane: Lane, difference: 1 | -1, committedUs: number): void {
    lane.storing += difference
    if (difference === 1) return
    if (lane.stored === 0) lane.storedOldestUs = committedUs
    lane.stored += 1
    if (lane.state === 'idle') this.settle(lane)
  }

  /** The next lane to serve, which is then busy; those never tried first where `freshFirst`. */
  take(freshFirst: boolean): Lane | null {
    const [first, second] = freshFirst ? [this.#fresh, this.#again] : [this.#again, this.#fresh]
    for (const lanes of [first, second]) {
      for (const lane of lanes) {
        lanes.delete(lane)
        lane.state = 'busy'
        return lane
      }
    }
    return null
  }

  /** The lane's work is recorded: go on with what it has, or forget it. */
  settle(lane: Lane): void {
    lane.state = 'idle'
    if (lane.queue.length > 0 || lane.stored > 0) this.#makeReady(lane)
    else if (lane.storing === 0) this.#lanes.delete(lane.key)
  }

  block(lane: Lane, untilMs: number): void {
    assert(lane.state !== 'blocked', 'a blocked lane is not at work')
    this.#fresh.delete(lane)
    this.#again.delete(lane)
    lane.state = 'blocked'
    lane.block += 1
    this.#blocked += 1
    this.#due.push(untilMs, { lane, block: lane.block })
  }

  /** Makes the lanes ready whose time has come. */
  wake(nowMs: number): void {
    for (let due = this.#due.takeDue(nowMs); due !== null; due = this.#due.takeDue(nowMs)) {
      if (due.lane.state === 'blocked' && due.lane.block === due.block) this.unblock(due.lane)
    }
  }

  unblock(lane: Lane): void {
    assert(lane.state === 'blocked', 'only a blocked lane can be unblocked')
    this.#blocked -= 1
    this.settle(lane)
  }

  /** When the source committed the oldest event that is not through, in microseconds; null where none waits. */
  oldestUs(): number | null {
    let oldest: number | null = null
    for (const { queue, stored, storedOldestUs } of this.#lanes.values()) {
      const first = queue[0]?.committedUs ?? (stored > 0 ? storedOldestUs : null)
      if (first !== null && (oldest === null || first < oldest)) oldest = first
    }
    return oldest
  }

  #makeReady(lane: Lane): void {
    lane.state = 'ready'
    const lanes = lane.stored === 0 && lane.queue[0]?.attempts === 0 ? this.#fresh : this.#again
    lanes.add(lane)
  }
}
