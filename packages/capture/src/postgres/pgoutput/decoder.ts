/**
 * Reads the messages of `pgoutput`: of protocol version 1, whole transactions in the order of their
 * commits; of version 2, also pieces of transactions in progress, each in a lane of its own. Rows go
 * straight from the connection's bytes into columns.
 */
import { MillraceError } from '@millrace/base'
import type { Origin, PendingChanges } from '../pending-changes.ts'
import { readPosition, readTime } from '../position.ts'
import type { TableFeed } from '../table-feed.ts'
import { readUint32 } from '../wire/read-uint32.ts'
import { Lane } from './lane.ts'
import { type LogicalMessage, readLogicalMessage } from './logical-message.ts'
import { readRelation, type Relation } from './relation.ts'

/** What the caller has to look at after a message; most need nothing. */
export const OUTCOME = {
  NONE: 0,
  /** A transaction came whole. */
  COMMITTED: 1,
  RELATION: 2,
  MESSAGE: 3,
  /** A piece of a transaction in progress ended: the last moment at which it may be taken out of memory. */
  PAUSED: 4,
  /** The transaction of `ended` was committed at `origin`. */
  STREAMED: 5,
  /** The transaction of `ended` was undone. */
  ABORTED: 6,
  /** The transaction of `ended` can only be decoded as a whole. */
  INDIVISIBLE: 7,
} as const
export type Outcome = (typeof OUTCOME)[keyof typeof OUTCOME]

const BEGIN = 0x42
const COMMIT = 0x43
const RELATION = 0x52
const INSERT = 0x49
const UPDATE = 0x55
const DELETE = 0x44
const TRUNCATE = 0x54
const MESSAGE = 0x4d
const TYPE = 0x59
const ORIGIN = 0x4f
const STREAM_START = 0x53
const STREAM_STOP = 0x45
const STREAM_COMMIT = 0x63
const STREAM_ABORT = 0x41

/** Within a piece, the number of the (sub)transaction stands before everything else. */
const XID_BYTES = 4

export interface DecoderOptions {
  readonly source: string
  /** Logical messages with another prefix are none of ours. */
  readonly messagePrefix: string
  /** Of whole transactions. */
  readonly pending: PendingChanges
  /** Transactions up to this one are in the log already; if they come again, they are passed over (law 5). */
  readonly afterTransaction: number
}

export class ChangeDecoder {
  /** Within a transaction that comes whole, whose commit has not come yet. */
  inTransaction = false
  /** The last transaction that was wholly decoded, and where the log continues after it. */
  transaction: number
  endPosition = 0
  /** The number of the transaction that comes whole. */
  xid = 0
  /** After `OUTCOME.RELATION` and `OUTCOME.MESSAGE`: what arrived. */
  relation: Relation | null = null
  message: LogicalMessage | null = null
  /** After `OUTCOME.STREAMED`, `ABORTED` and `INDIVISIBLE`: whose transaction it was. */
  ended: Lane | null = null
  origin: Origin = { transaction: 0, timeMicros: 0 }
  #endedPosition = 0
  readonly whole: Lane
  /** The lane of what is decoded next. */
  lane: Lane
  readonly lanes = new Map<number, Lane>()
  readonly #source: string
  readonly #messagePrefix: string
  readonly #afterTransaction: number
  /** Of the lane at hand. */
  #pending: PendingChanges
  #feeds: ReadonlyMap<number, TableFeed | null>
  #skipped = false
  /** By how much everything in a message lies further behind. */
  #shift = 0
  #relationsTold = 0

  constructor({ source, messagePrefix, pending, afterTransaction }: DecoderOptions) {
    this.#source = source
    this.#messagePrefix = messagePrefix
    this.#pending = pending
    this.#afterTransaction = afterTransaction
    this.whole = new Lane(0, pending)
    this.lane = this.whole
    this.#feeds = this.whole.feeds
    this.transaction = afterTransaction
  }

  /** Binds a relation that `OUTCOME.RELATION` told of, in its lane. */
  bind(lane: Lane, relation: Relation, feed: TableFeed | null): void {
    this.#relationsTold += 1
    lane.relations.set(relation.oid, { relation, arrival: this.#relationsTold })
    lane.feeds.set(relation.oid, feed)
  }

  decode(buffer: Buffer, start: number, end: number): Outcome {
    const kind = buffer[start]
    const at = start + 1 + this.#shift
    switch (kind) {
      case INSERT: {
        const feed = this.#feedOf(buffer, at)
        if (feed === null) return OUTCOME.NONE
        feed.insert(buffer, at + 4, end)
        return this.#counted(buffer, start, end)
      }
      case UPDATE: {
        const feed = this.#feedOf(buffer, at)
        if (feed === null) return OUTCOME.NONE
        feed.update(buffer, at + 4, end)
        return this.#counted(buffer, start, end)
      }
      case DELETE: {
        const feed = this.#feedOf(buffer, at)
        if (feed === null) return OUTCOME.NONE
        feed.delete(buffer, at + 4, end)
        return this.#counted(buffer, start, end)
      }
      case BEGIN:
        this.#begin(buffer, start + 1)
        return OUTCOME.NONE
      case COMMIT:
        this.inTransaction = false
        this.#end(readPosition(buffer, start + 10), this.#pending.transaction)
        return OUTCOME.COMMITTED
      case RELATION:
        this.relation = readRelation(buffer, at)
        return OUTCOME.RELATION
      case TRUNCATE:
        this.#truncate(buffer, at)
        return this.#counted(buffer, start, end)
      case MESSAGE:
        // Of a transaction that may be undone, nothing is heard.
        if (this.lane !== this.whole) return OUTCOME.NONE
        this.message = readLogicalMessage(buffer, start + 1, this.#messagePrefix)
        return OUTCOME.MESSAGE
      case TYPE:
      case ORIGIN:
        return OUTCOME.NONE
      case STREAM_START:
        this.#resume(buffer, start + 1)
        return OUTCOME.NONE
      case STREAM_STOP:
        this.#enter(this.whole, 0)
        return OUTCOME.PAUSED
      case STREAM_COMMIT:
        return this.#streamed(buffer, start + 1)
      case STREAM_ABORT:
        return this.#aborted(readUint32(buffer, start + 1), readUint32(buffer, start + 5))
      default:
        throw this.#unknown(`a message of kind ${String(kind)}`)
    }
  }

  /** The position of the commit and its time come first, so each change can carry them at once. */
  #begin(buffer: Buffer, start: number): void {
    const pending = this.#pending
    pending.transaction = readPosition(buffer, start)
    pending.timeMicros = readTime(buffer, start + 8)
    pending.index = 0
    this.xid = readUint32(buffer, start + 16)
    this.inTransaction = true
    this.#skipped = pending.transaction <= this.#afterTransaction
  }

  #end(position: number, transaction: number): void {
    this.endPosition = position
    this.transaction = Math.max(this.transaction, transaction)
  }

  #resume(buffer: Buffer, start: number): void {
    const xid = readUint32(buffer, start)
    const isFirst = buffer[start + 4] === 1
    const known = this.lanes.get(xid)
    if ((known === undefined) !== isFirst) throw this.#unknown(`a piece of transaction ${xid} that does not follow what came of it`)
    const lane = known ?? new Lane(xid, this.whole.pending.ofTransaction())
    this.lanes.set(xid, lane)
    this.#skipped = false
    this.#enter(lane, XID_BYTES)
  }

  #enter(lane: Lane, shift: number): void {
    this.lane = lane
    this.#pending = lane.pending
    this.#feeds = lane.feeds
    this.#shift = shift
  }

  #streamed(buffer: Buffer, start: number): Outcome {
    this.#leave(readUint32(buffer, start))
    // Flags stand before the position of the commit, then come the end and the time.
    const transaction = readPosition(buffer, start + 5)
    this.origin = { transaction, timeMicros: readTime(buffer, start + 21) }
    this.#endedPosition = readPosition(buffer, start + 13)
    return transaction <= this.#afterTransaction ? OUTCOME.ABORTED : OUTCOME.STREAMED
  }

  /** The caller has put the transaction of `ended` where it belongs: now it counts as decoded. */
  pass(): void {
    this.#end(this.#endedPosition, this.origin.transaction)
  }

  /** A part that was undone cannot be told from the rest once it is decoded; one without rows need not be. */
  #aborted(xid: number, subtransaction: number): Outcome {
    if (xid === subtransaction) {
      this.#leave(xid)
      return OUTCOME.ABORTED
    }
    const lane = this.lanes.get(xid)
    if (lane === undefined || !lane.mayHaveRowsOf(subtransaction)) return OUTCOME.NONE
    this.ended = lane
    return OUTCOME.INDIVISIBLE
  }

  #leave(xid: number): Lane {
    const lane = this.lanes.get(xid)
    if (lane === undefined) throw this.#unknown(`the end of transaction ${xid}, of which nothing came`)
    this.lanes.delete(xid)
    this.ended = lane
    return lane
  }

  #truncate(buffer: Buffer, start: number): void {
    const count = buffer.readUInt32BE(start)
    for (let relation = 0; relation < count; relation += 1) this.#feedOf(buffer, start + 5 + relation * 4)?.truncate()
  }

  #counted(buffer: Buffer, start: number, end: number): Outcome {
    this.#pending.bytes += end - start
    if (this.#shift !== 0) this.lane.touch(readUint32(buffer, start + 1))
    return OUTCOME.NONE
  }

  #feedOf(buffer: Buffer, at: number): TableFeed | null {
    const feed = this.#feeds.get(readUint32(buffer, at))
    if (feed === undefined) throw this.#unknown('a change of a table that it has not described')
    return this.#skipped ? null : feed
  }

  #unknown(what: string): MillraceError {
    return new MillraceError('CAPTURE_PROTOCOL', { details: { source: this.#source, what } })
  }
}
