/**
 * Walks the headers of one partition by position, in pages, up to a cut. Each header is checked, each
 * must begin where the one before it ended, and the last must reach the partition's end: so a header
 * that a damaged tree hides is missed at once.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { MillraceError } from '@millrace/base'
import type { StreamInfo } from '@millrace/core'
import { batchChecksum, type BatchRow } from './batch-row.ts'
import { type PartitionRow, PartitionTable } from './partition-table.ts'

const PAGE_ROWS_LEAST = 16
const PAGE_ROWS_LIMIT = 512

export interface ScanRange {
  readonly stream: StreamInfo
  readonly partition: number
  /** A position at which a batch begins, or the partition's end. */
  readonly start: number
  readonly untilCut: number
}

export class HeaderTable {
  readonly path: string
  readonly partitions: PartitionTable
  readonly #page: StatementSync
  readonly #holding: StatementSync

  constructor(db: DatabaseSync, path: string) {
    this.path = path
    this.partitions = new PartitionTable(db, path)
    this.#page = db.prepare('select * from store_batch where stream_id = ? and partition = ? and first >= ? order by first limit ?')
    this.#holding = db.prepare('select * from store_batch where stream_id = ? and partition = ? and first <= ? order by first desc limit 1')
  }

  page(stream: StreamInfo, partition: number, { start, limit }: { start: number; limit: number }): BatchRow[] {
    const rows = this.#page.all(stream.id, partition, start, limit) as unknown as BatchRow[]
    for (const row of rows) this.#check(stream, row)
    return rows
  }

  /** The header of the batch that holds a position between `first` and `next` of its partition. */
  holding(stream: StreamInfo, partition: number, position: number): BatchRow {
    const row = this.#holding.get(stream.id, partition, position) as BatchRow | undefined
    if (row !== undefined) this.#check(stream, row)
    if (row === undefined || row.first + row.count <= position) throw this.missing(stream, partition, position)
    return row
  }

  isKept(row: BatchRow): boolean {
    const found = this.#holding.get(row.stream_id, row.partition, row.first) as BatchRow | undefined
    return found !== undefined && found.first === row.first && found.body_id === row.body_id
  }

  /** Where the changes after a cut begin: by bisection, since cuts only grow with positions. */
  startAfter(stream: StreamInfo, extent: PartitionRow, afterCut: number): number {
    if (afterCut === 0) return extent.first
    if (afterCut < extent.dropped_cut) throw retentionPassed(stream, afterCut)
    let least = extent.first
    let most = extent.next
    // Most readers stand near the end, so the last batch is tried first.
    for (let probe = most - 1; least < most; probe = Math.floor((least + most) / 2)) {
      const row = this.holding(stream, extent.partition, probe)
      if (row.cut <= afterCut) least = row.first + row.count
      else most = row.first
    }
    return least
  }

  missing(stream: StreamInfo, partition: number, position: number): MillraceError {
    return this.#corrupt(`the batch of ${stream.name} (partition ${partition}) with position ${position} is missing`)
  }

  #check(stream: StreamInfo, row: BatchRow): void {
    if (row.checksum === batchChecksum(row)) return
    throw this.#corrupt(
      `the header of a batch of ${stream.name} (partition ${row.partition}, position ${row.first}) does not match its checksum`,
    )
  }

  #corrupt(what: string): MillraceError {
    return new MillraceError('STORE_CORRUPT', { details: { path: this.path, what } })
  }
}

export class PartitionScan {
  readonly stream: StreamInfo
  readonly partition: number
  readonly #headers: HeaderTable
  readonly #untilCut: number
  #rows: BatchRow[] = []
  #at = 0
  #next: number
  #pageRows = PAGE_ROWS_LEAST
  #ended = false

  constructor(headers: HeaderTable, { stream, partition, start, untilCut }: ScanRange) {
    this.#headers = headers
    this.stream = stream
    this.partition = partition
    this.#next = start
    this.#untilCut = untilCut
  }

  /** The position after the last header taken. */
  get next(): number {
    return this.#next
  }

  /** True when the next `peek` would go to the file. */
  get isDrained(): boolean {
    return !this.#ended && this.#at === this.#rows.length
  }

  /** The next header, not yet taken; undefined at the end of the range. */
  peek(): BatchRow | undefined {
    if (this.isDrained) this.#load()
    return this.#ended ? undefined : this.#rows[this.#at]
  }

  take(): void {
    const row = this.#rows[this.#at] as BatchRow
    this.#next += row.count
    this.#at += 1
    this.#endAtLimit()
  }

  #load(): void {
    this.#rows = this.#headers.page(this.stream, this.partition, { start: this.#next, limit: this.#pageRows })
    this.#at = 0
    this.#pageRows = Math.min(this.#pageRows * 2, PAGE_ROWS_LIMIT)
    let expected = this.#next
    for (const row of this.#rows) {
      if (row.first !== expected) throw this.#gap(expected)
      expected = row.first + row.count
    }
    if (this.#rows.length === 0) {
      if (expected !== this.#headers.partitions.read(this.stream.id, this.partition).next) throw this.#gap(expected)
      this.#ended = true
    } else {
      this.#endAtLimit()
    }
  }

  #endAtLimit(): void {
    const row = this.#rows[this.#at]
    if (row !== undefined && row.cut > this.#untilCut) this.#ended = true
  }

  /** Between two pages retention may have dropped what comes next; anything else is damage. */
  #gap(position: number): MillraceError {
    const extent = this.#headers.partitions.read(this.stream.id, this.partition)
    if (position < extent.first) return retentionPassed(this.stream, this.#rows[this.#at - 1]?.cut ?? 0)
    return this.#headers.missing(this.stream, this.partition, position)
  }
}

function retentionPassed(stream: StreamInfo, cut: number): MillraceError {
  return new MillraceError('STORE_RETENTION_PASSED', { details: { stream: stream.name, cut } })
}
