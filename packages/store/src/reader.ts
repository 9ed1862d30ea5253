/**
 * Reads committed cuts from a connection of its own, in any thread or process. A call sees one moment of
 * the store; no transaction is held between calls or while a caller works, so that readers do not keep
 * the write-ahead file from starting over.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { assert } from '@millrace/base'
import type {
  ControlValue,
  CutRange,
  LogReader,
  ReadOptions,
  SourceProgress,
  StateSegment,
  StoredBatch,
  StreamExtent,
  StreamInfo,
} from '@millrace/core'
import type { BatchRow } from './batch-row.ts'
import { Catalog } from './catalog.ts'
import { connectReader, prepared } from './connection.ts'
import { ControlQueries } from './control-queries.ts'
import { type Meta, MetaTable } from './meta.ts'
import { HeaderTable, PartitionScan } from './partition-scan.ts'
import { ProgressTable } from './progress-table.ts'
import { SegmentTable } from './segment-table.ts'
import { guarded } from './store-error.ts'
import { type BodySource, FileBatch } from './stored-batch.ts'

/** What a reader asks of the file, each with its prepared statements. */
interface Tables {
  readonly meta: MetaTable
  readonly catalog: Catalog
  readonly headers: HeaderTable
  readonly segments: SegmentTable
  readonly progress: ProgressTable
  readonly control: ControlQueries
  readonly selectBody: StatementSync
}

interface Place {
  readonly cut: number
  readonly next: number
}

/** Raises STORE_NOT_FOUND, STORE_FOREIGN or STORE_VERSION_UNKNOWN. */
export function openReader(path: string): LogReader {
  return new FileReader(path)
}

export class FileReader implements LogReader {
  readonly #path: string
  readonly #db: DatabaseSync
  readonly #tables: Tables
  readonly #bodies: BodySource
  /** Where each partition was left by `readCuts`: who reads on from there need not look for the place. */
  readonly #left = new Map<string, Place>()
  readonly #onClose: (reader: FileReader) => void

  constructor(path: string, onClose: (reader: FileReader) => void = () => undefined) {
    const db = connectReader(path)
    const tables = prepared(db, path, () => tablesOf(db, path))
    this.#path = path
    this.#onClose = onClose
    this.#db = db
    this.#tables = tables
    this.#bodies = {
      path,
      selectBody: tables.selectBody,
      schema: (schemaId) => tables.catalog.schemaById(schemaId),
      isKept: (row) => tables.headers.isKept(row),
    }
  }

  /** What tells this store, and each restored copy of it, from every other. */
  get id(): string {
    return guarded(this.#path, () => this.#tables.meta.read()).id
  }

  cut(): number {
    return guarded(this.#path, () => this.#tables.meta.read()).cut
  }

  streams(): readonly StreamInfo[] {
    return this.#moment(() => this.#tables.catalog.streams())
  }

  stream(name: string): StreamInfo {
    return this.#moment(() => this.#tables.catalog.stream(name))
  }

  extents(name: string): readonly StreamExtent[] {
    return this.#moment(() => {
      const stream = this.#tables.catalog.stream(name)
      return partitionsOf(stream).map((partition) => {
        const { first, next, bytes } = this.#tables.headers.partitions.read(stream.id, partition)
        return { stream: name, partition, first, next, bytes }
      })
    })
  }

  *read(name: string, options: ReadOptions = {}): IterableIterator<StoredBatch> {
    const scans = this.#moment((meta) => this.#scansFor(this.#tables.catalog.stream(name), options, meta))
    let bytesLeft = options.bytesLimit ?? Infinity
    while (bytesLeft > 0) {
      const scan = scans.some(({ isDrained }) => isDrained) ? this.#moment(() => earliest(scans)) : earliest(scans)
      const row = scan?.peek()
      if (scan === undefined || row === undefined) return
      scan.take()
      bytesLeft -= row.stored_bytes
      yield new FileBatch(name, row, this.#bodies)
    }
  }

  readCuts(names: readonly string[], options: { afterCut: number; untilCut?: number; bytesLimit: number }): CutRange {
    const { afterCut, bytesLimit } = options
    assert(bytesLimit > 0, 'a step takes some bytes')
    return this.#moment((meta) => {
      const untilCut = Math.max(afterCut, Math.min(options.untilCut ?? meta.cut, meta.cut))
      const scans = [...new Set(names)].flatMap((name) => this.#scansAfter(this.#tables.catalog.stream(name), afterCut, untilCut))
      const batches: StoredBatch[] = []
      let bytes = 0
      let reachedCut = afterCut
      for (;;) {
        const scan = earliest(scans)
        const row = scan?.peek()
        if (scan === undefined || row === undefined) {
          reachedCut = untilCut
          break
        }
        if (row.cut > reachedCut && bytes >= bytesLimit) break
        reachedCut = row.cut
        bytes += row.stored_bytes
        scan.take()
        batches.push(new FileBatch(scan.stream.name, row, this.#bodies))
      }
      for (const { stream, partition, next } of scans) this.#left.set(`${stream.id}/${partition}`, { cut: reachedCut, next })
      return { untilCut: reachedCut, batches }
    })
  }

  progress(source: string): SourceProgress | null {
    return guarded(this.#path, () => this.#tables.progress.read(source))
  }

  *segments(owner: string): IterableIterator<StateSegment> {
    const segments = this.#tables.segments.segments(owner)
    for (;;) {
      const { done, value } = guarded(this.#path, () => segments.next())
      if (done === true) return
      yield value
    }
  }

  control<Row extends Record<string, ControlValue>>(sql: string, parameters: readonly ControlValue[] = []): Row[] {
    return guarded(this.#path, () => this.#tables.control.rows<Row>(sql, parameters))
  }

  close(): void {
    if (!this.#db.isOpen) return
    this.#db.close()
    this.#onClose(this)
  }

  #scansFor(stream: StreamInfo, { afterCut = 0, untilCut, fromPosition, partition }: ReadOptions, meta: Meta): PartitionScan[] {
    const wanted = partition === undefined ? partitionsOf(stream) : [partition]
    return wanted.map((each) => {
      const extent = this.#tables.headers.partitions.read(stream.id, each)
      let start = this.#tables.headers.startAfter(stream, extent, afterCut)
      if (fromPosition !== undefined && fromPosition > start) {
        start = fromPosition >= extent.next ? extent.next : this.#tables.headers.holding(stream, each, fromPosition).first
      }
      return new PartitionScan(this.#tables.headers, { stream, partition: each, start, untilCut: Math.min(untilCut ?? meta.cut, meta.cut) })
    })
  }

  #scansAfter(stream: StreamInfo, afterCut: number, untilCut: number): PartitionScan[] {
    return partitionsOf(stream).map((partition) => {
      const left = this.#left.get(`${stream.id}/${partition}`)
      const extent = this.#tables.headers.partitions.read(stream.id, partition)
      const start =
        left?.cut === afterCut && left.next >= extent.first ? left.next : this.#tables.headers.startAfter(stream, extent, afterCut)
      return new PartitionScan(this.#tables.headers, { stream, partition, start, untilCut })
    })
  }

  /** One moment of the store for several statements. */
  #moment<Result>(work: (meta: Meta) => Result): Result {
    return guarded(this.#path, () => {
      this.#db.exec('begin')
      try {
        const meta = this.#tables.meta.read()
        this.#tables.catalog.refresh(meta)
        return work(meta)
      } finally {
        this.#db.exec('rollback')
      }
    })
  }
}

function tablesOf(db: DatabaseSync, path: string): Tables {
  return {
    meta: new MetaTable(db, path),
    catalog: new Catalog(db, path),
    headers: new HeaderTable(db, path),
    segments: new SegmentTable(db, path),
    progress: new ProgressTable(db, path),
    control: new ControlQueries(db),
    selectBody: db.prepare('select bytes from store_body where id = ?'),
  }
}

function partitionsOf({ partitions }: StreamInfo): number[] {
  return Array.from({ length: partitions }, (_, partition) => partition)
}

/** The scan whose next header comes first, by cut and then by its place in it; undefined when all have ended. */
function earliest(scans: readonly PartitionScan[]): PartitionScan | undefined {
  let found: PartitionScan | undefined
  let first: BatchRow | undefined
  for (const scan of scans) {
    const row = scan.peek()
    if (row !== undefined && (first === undefined || row.cut < first.cut || (row.cut === first.cut && row.place < first.place))) {
      found = scan
      first = row
    }
  }
  return found
}
