/**
 * Where changes go while they are decoded: one lane for the transactions that come whole, and one for
 * each that is still in progress at the source. What a relation message in a lane says of a table holds
 * in that lane alone, until its transaction is committed.
 */
import type { PendingChanges } from '../pending-changes.ts'
import type { TableFeed } from '../table-feed.ts'
import type { Relation } from './relation.ts'

export interface ToldRelation {
  readonly relation: Relation
  /** The how manieth relation message of the session it was. */
  readonly arrival: number
}

/** Subtransactions of one transaction that are told apart; with more, each might have had rows. */
const SUBTRANSACTIONS_MAX = 65_536

export class Lane {
  /** 0 for the lane of whole transactions. */
  readonly xid: number
  readonly pending: PendingChanges
  /** By the relation's number; null for one that is not wanted. */
  readonly feeds = new Map<number, TableFeed | null>()
  readonly relations = new Map<number, ToldRelation>()
  /** The log's open tails that hold parts of this lane's transaction. */
  readonly tails = new Set<string>()
  /** Changes that are in those tails. */
  parted = 0
  /** Subtransactions of which rows were decoded. */
  readonly #subtransactions = new Set<number>()
  #last = -1

  constructor(xid: number, pending: PendingChanges) {
    this.xid = xid
    this.pending = pending
  }

  /** A row of this subtransaction was decoded. */
  touch(xid: number): void {
    if (xid === this.#last) return
    this.#last = xid
    if (this.#subtransactions.size < SUBTRANSACTIONS_MAX) this.#subtransactions.add(xid)
  }

  mayHaveRowsOf(xid: number): boolean {
    return this.#subtransactions.has(xid) || this.#subtransactions.size === SUBTRANSACTIONS_MAX
  }

  isEmpty(): boolean {
    return this.pending.count === 0 && this.tails.size === 0
  }
}

/** What lanes keep in memory together, and which of them keeps most. */
export function heldBy(lanes: Iterable<Lane>): { readonly bytes: number; readonly largest: Lane | null } {
  let bytes = 0
  let largest: Lane | null = null
  for (const lane of lanes) {
    bytes += lane.pending.bytes
    if (largest === null || lane.pending.bytes > largest.pending.bytes) largest = lane
  }
  return { bytes, largest }
}
