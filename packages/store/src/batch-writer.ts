/** Appends batches, to the log or to an open tail, and makes tails visible or drops them. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { assert, MillraceError } from '@millrace/base'
import type { ShownTail } from '@millrace/core'
import { batchChecksum, type BatchRow, batchValues, tailChecksum, type TailRow, tailValues } from './batch-row.ts'
import type { Catalog } from './catalog.ts'
import { bytesChecksum } from './checksum.ts'
import type { EncodedAppend, EncodedSet } from './encoded-set.ts'
import { pack } from './packing.ts'
import { PartitionTable } from './partition-table.ts'

/** Headers of an open tail that are held at a time while it becomes visible. */
const TAIL_ROWS_LIMIT = 1024

type Header = Omit<TailRow, 'tail' | 'checksum'>

interface Moment {
  readonly cut: number
  /** Of the next batch that becomes visible in it. */
  place: number
  readonly committedMs: number
}

export interface Appended {
  /** Batches that became visible. */
  readonly batches: number
  /** Bytes that the set's own batches took. */
  readonly bytes: number
}

export class BatchWriter {
  readonly #path: string
  readonly #partitions: PartitionTable
  readonly #insertBody: StatementSync
  readonly #insertBatch: StatementSync
  readonly #insertTail: StatementSync
  readonly #selectTail: StatementSync
  readonly #closeTail: StatementSync
  readonly #dropBodies: StatementSync
  readonly #tailsWithin: StatementSync

  constructor(db: DatabaseSync, path: string) {
    this.#path = path
    this.#partitions = new PartitionTable(db, path)
    this.#insertBody = db.prepare('insert into store_body (bytes) values (?)')
    this.#insertBatch = db.prepare('insert into store_batch values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
    this.#insertTail = db.prepare('insert into store_tail values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
    this.#selectTail = db.prepare(`select * from store_tail where tail = ? and body_id > ? order by body_id limit ${TAIL_ROWS_LIMIT}`)
    this.#closeTail = db.prepare('delete from store_tail where tail = ?')
    // A slash is followed by a zero among the characters: what lies between them begins with the slash.
    this.#tailsWithin = db.prepare('select distinct tail from store_tail where tail >= ? and tail < ?')
    this.#dropBodies = db.prepare('delete from store_body where id in (select body_id from store_tail where tail = ?)')
  }

  /** One tail, or all whose names begin so where the name ends in a slash. */
  discard(tail: string): void {
    const tails = tail.endsWith('/') ? (this.#tailsWithin.all(tail, `${tail.slice(0, -1)}0`) as { tail: string }[]) : [{ tail }]
    for (const each of tails) {
      this.#dropBodies.run(each.tail)
      this.#closeTail.run(each.tail)
    }
  }

  append(catalog: Catalog, { appends, show, atMs }: EncodedSet, nextCut: number): Appended {
    const moment: Moment = { cut: nextCut, place: 0, committedMs: atMs }
    let bytes = 0
    for (const { tail, origin } of show) this.#show(tail, moment, origin)
    for (const append of appends) {
      const header = this.#writeBody(catalog, append)
      bytes += header.stored_bytes
      if (append.tail !== null) this.#keep(header, append.tail)
      else this.#place(header, moment)
    }
    return { batches: moment.place, bytes }
  }

  #writeBody(catalog: Catalog, { stream, partition, fingerprint, count, asOf, bytes }: EncodedAppend): Header {
    const { id, partitions } = catalog.stream(stream)
    assert(Number.isInteger(partition) && partition >= 0 && partition < partitions, 'an append goes to a partition of its stream')
    const schemaId = catalog.schemaIdFor(id, fingerprint)
    assert(schemaId !== undefined, `a batch has a schema that was given to its stream first (law 4): ${stream}`)
    const packed = pack(bytes)
    const { lastInsertRowid } = this.#insertBody.run(packed.bytes)
    return {
      body_id: Number(lastInsertRowid),
      stream_id: id,
      partition,
      count,
      as_of: asOf,
      schema_id: schemaId,
      stored_bytes: packed.bytes.length,
      packing: packed.packing,
      body_checksum: bytesChecksum(packed.bytes),
    }
  }

  /** Keeps a batch invisible: without positions, so that dropping it leaves no gap. */
  #keep(header: Header, tail: string): void {
    const row: Omit<TailRow, 'checksum'> = { ...header, tail }
    this.#insertTail.run(...tailValues(row), tailChecksum(row))
  }

  /** `origin`: of changes that did not know it when they were written. */
  #show(tail: string, moment: Moment, origin: ShownTail['origin']): void {
    const before = moment.place
    let afterBody = 0
    for (;;) {
      const rows = this.#selectTail.all(tail, afterBody) as unknown as TailRow[]
      for (const row of rows) {
        if (row.checksum !== tailChecksum(row)) {
          const what = `a batch in the open tail of ${tail} does not match its checksum`
          throw new MillraceError('STORE_CORRUPT', { details: { path: this.#path, what } })
        }
        this.#place(row, moment, origin)
        afterBody = row.body_id
      }
      if (rows.length < TAIL_ROWS_LIMIT) break
    }
    if (moment.place > before) this.#closeTail.run(tail)
  }

  /** Gives a batch its positions and its cut. */
  #place(header: Header, moment: Moment, origin?: ShownTail['origin']): void {
    const { cut, place, committedMs } = moment
    const extent = this.#partitions.read(header.stream_id, header.partition)
    const row: Omit<BatchRow, 'checksum'> = {
      ...header,
      first: extent.next,
      cut,
      place,
      committed_ms: committedMs,
      transaction_position: origin?.transaction ?? null,
      time_micros: origin?.timeMicros ?? null,
    }
    this.#insertBatch.run(...batchValues(row), batchChecksum(row))
    moment.place += 1
    this.#partitions.write({ ...extent, next: extent.next + header.count, bytes: extent.bytes + header.stored_bytes })
  }
}
