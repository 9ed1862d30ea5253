/**
 * Reads the messages of `pgoutput`, protocol version 1: whole transactions, in the order of their
 * commits. Rows go straight from the connection's bytes into columns.
 */
import { MillraceError } from '@millrace/base'
import type { PendingChanges } from '../pending-changes.ts'
import { readPosition, readTime } from '../position.ts'
import type { TableFeed } from '../table-feed.ts'
import { readUint32 } from '../wire/read-uint32.ts'
import { type LogicalMessage, readLogicalMessage } from './logical-message.ts'
import { readRelation, type Relation } from './relation.ts'

/** What the caller has to look at after a message; most need nothing. */
export const OUTCOME = { NONE: 0, COMMITTED: 1, RELATION: 2, MESSAGE: 3 } as const
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

export interface DecoderOptions {
  readonly source: string
  /** Logical messages with another prefix are none of ours. */
  readonly messagePrefix: string
  readonly pending: PendingChanges
  /** Transactions up to this one are in the log already; if they come again, they are passed over (law 5). */
  readonly afterTransaction: number
}

export class ChangeDecoder {
  /** Within a transaction whose commit has not come yet. */
  inTransaction = false
  /** The last transaction that was wholly decoded, and where the log continues after it. */
  transaction: number
  endPosition = 0
  /** After `OUTCOME.RELATION` and `OUTCOME.MESSAGE`: what arrived. */
  relation: Relation | null = null
  message: LogicalMessage | null = null
  readonly #source: string
  readonly #messagePrefix: string
  readonly #pending: PendingChanges
  readonly #afterTransaction: number
  /** By the relation's number; null for one that is not wanted. */
  readonly #feeds = new Map<number, TableFeed | null>()
  #skipped = false

  constructor({ source, messagePrefix, pending, afterTransaction }: DecoderOptions) {
    this.#source = source
    this.#messagePrefix = messagePrefix
    this.#pending = pending
    this.#afterTransaction = afterTransaction
    this.transaction = afterTransaction
  }

  /** Binds a relation that `OUTCOME.RELATION` told of. */
  bind(oid: number, feed: TableFeed | null): void {
    this.#feeds.set(oid, feed)
  }

  feed(oid: number): TableFeed | null | undefined {
    return this.#feeds.get(oid)
  }

  decode(buffer: Buffer, start: number, end: number): Outcome {
    switch (buffer[start]) {
      case INSERT: {
        const feed = this.#feedOf(buffer, start + 1)
        if (feed === null) return OUTCOME.NONE
        feed.insert(buffer, start + 5)
        this.#pending.bytes += end - start
        return OUTCOME.NONE
      }
      case UPDATE: {
        const feed = this.#feedOf(buffer, start + 1)
        if (feed === null) return OUTCOME.NONE
        feed.update(buffer, start + 5)
        this.#pending.bytes += end - start
        return OUTCOME.NONE
      }
      case DELETE: {
        const feed = this.#feedOf(buffer, start + 1)
        if (feed === null) return OUTCOME.NONE
        feed.delete(buffer, start + 5)
        this.#pending.bytes += end - start
        return OUTCOME.NONE
      }
      case BEGIN:
        this.#begin(buffer, start + 1)
        return OUTCOME.NONE
      case COMMIT:
        this.inTransaction = false
        this.endPosition = readPosition(buffer, start + 10)
        this.transaction = Math.max(this.transaction, this.#pending.transaction)
        return OUTCOME.COMMITTED
      case RELATION:
        this.relation = readRelation(buffer, start + 1)
        return OUTCOME.RELATION
      case TRUNCATE:
        this.#truncate(buffer, start + 1)
        this.#pending.bytes += end - start
        return OUTCOME.NONE
      case MESSAGE:
        this.message = readLogicalMessage(buffer, start + 1, this.#messagePrefix)
        return OUTCOME.MESSAGE
      case TYPE:
      case ORIGIN:
        return OUTCOME.NONE
      default:
        throw this.#unknown(`a message of kind ${String(buffer[start])}`)
    }
  }

  /** The position of the commit and its time come first, so each change can carry them at once. */
  #begin(buffer: Buffer, start: number): void {
    const pending = this.#pending
    pending.transaction = readPosition(buffer, start)
    pending.timeMicros = readTime(buffer, start + 8)
    pending.index = 0
    this.inTransaction = true
    this.#skipped = pending.transaction <= this.#afterTransaction
  }

  #truncate(buffer: Buffer, start: number): void {
    const count = buffer.readUInt32BE(start)
    for (let relation = 0; relation < count; relation += 1) this.#feedOf(buffer, start + 5 + relation * 4)?.truncate()
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
