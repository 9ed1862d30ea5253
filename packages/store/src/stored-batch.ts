import type { StatementSync } from 'node:sqlite'
import { MillraceError } from '@millrace/base'
import { type Batch, decodeBatch, type Schema, type StoredBatch } from '@millrace/core'
import type { BatchRow } from './batch-row.ts'
import { bytesChecksum } from './checksum.ts'
import { unpack } from './packing.ts'
import { asStoreError } from './store-error.ts'

/** What a stored batch needs of the reader that found it, whenever it is asked for its changes. */
export interface BodySource {
  readonly path: string
  readonly selectBody: StatementSync
  schema(schemaId: number): Schema
  /** True while the header that was found is still kept. */
  isKept(row: BatchRow): boolean
}

/** A batch whose header is checked and whose body stays in the file until it is asked for. */
export class FileBatch implements StoredBatch {
  readonly stream: string
  readonly #row: BatchRow
  readonly #source: BodySource

  constructor(stream: string, row: BatchRow, source: BodySource) {
    this.stream = stream
    this.#row = row
    this.#source = source
  }

  get partition(): number {
    return this.#row.partition
  }

  get first(): number {
    return this.#row.first
  }

  get count(): number {
    return this.#row.count
  }

  get cut(): number {
    return this.#row.cut
  }

  get asOf(): number | null {
    return this.#row.as_of
  }

  get committedMs(): number {
    return this.#row.committed_ms
  }

  get storedBytes(): number {
    return this.#row.stored_bytes
  }

  batch(): Batch {
    const bytes = this.#body()
    const row = this.#row
    if (bytes === null || bytes.length !== row.stored_bytes || bytesChecksum(bytes) !== row.body_checksum) throw this.#missing()
    const schema = this.#source.schema(row.schema_id)
    try {
      const batch = decodeBatch(schema, unpack({ packing: row.packing, bytes }))
      if (batch.count === row.count) return withOrigin(batch, row)
    } catch (error) {
      throw this.#corrupt(error)
    }
    throw this.#corrupt()
  }

  #body(): Uint8Array | null {
    try {
      const found = this.#source.selectBody.get(this.#row.body_id) as { bytes: Uint8Array } | undefined
      return found?.bytes ?? null
    } catch (error) {
      const raised = asStoreError(error, this.#source.path)
      throw raised instanceof MillraceError && raised.code === 'STORE_CORRUPT' ? this.#corrupt(raised) : raised
    }
  }

  /** Between finding the header and asking for the body, retention may have dropped both. */
  #missing(): MillraceError {
    if (this.#source.isKept(this.#row)) return this.#corrupt()
    return new MillraceError('STORE_RETENTION_PASSED', { details: { stream: this.stream, cut: this.#row.cut - 1 } })
  }

  #corrupt(cause?: unknown): MillraceError {
    const { partition, first, count } = this.#row
    const details = { stream: this.stream, partition, first, last: first + count - 1 }
    return new MillraceError('STORE_BATCH_CORRUPT', { details, ...(cause === undefined ? {} : { cause }) })
  }
}

/** The place and time of a transaction that were not known yet when its changes were written. */
function withOrigin(batch: Batch, { transaction_position: transaction, time_micros: time }: BatchRow): Batch {
  if (transaction === null || time === null) return batch
  return { ...batch, transactions: new Float64Array(batch.count).fill(transaction), times: new Float64Array(batch.count).fill(time) }
}
