import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { assert } from '@millrace/base'
import { type Catalog, schemaChecksum, streamChecksum } from './catalog.ts'
import type { EncodedStream } from './encoded-set.ts'
import type { Meta } from './meta.ts'
import { PartitionTable } from './partition-table.ts'

/** Creates streams and gives them new versions of their schema; a stream keeps its id and its history. */
export class CatalogWriter {
  readonly #insertStream: StatementSync
  readonly #updateStream: StatementSync
  readonly #insertSchema: StatementSync
  readonly #nextIds: StatementSync
  readonly #partitions: PartitionTable

  constructor(db: DatabaseSync, path: string) {
    this.#insertStream = db.prepare('insert into store_stream values (?, ?, ?, ?, ?, ?)')
    this.#updateStream = db.prepare('update store_stream set kind = ?, partitions = ?, schema_id = ?, checksum = ? where id = ?')
    this.#insertSchema = db.prepare('insert into store_schema values (?, ?, ?, ?, ?)')
    this.#nextIds = db.prepare(`select
      (select coalesce(max(id), 0) + 1 from store_stream) as stream,
      (select coalesce(max(id), 0) + 1 from store_schema) as schema`)
    this.#partitions = new PartitionTable(db, path)
  }

  /** Returns the new record of the store, which the caller writes. */
  define(catalog: Catalog, meta: Meta, streams: readonly EncodedStream[]): Meta {
    const fresh = streams.filter((stream) => !isDefined(catalog, stream))
    if (fresh.length === 0) return meta
    assert(new Set(fresh.map(({ name }) => name)).size === fresh.length, 'a write set defines a stream once')
    const created = fresh.filter((stream) => this.#defineOne(catalog, stream)).length
    return { ...meta, catalog: meta.catalog + 1, streams: meta.streams + created }
  }

  /** True if the stream is new. */
  #defineOne(catalog: Catalog, stream: EncodedStream): boolean {
    const { name, kind, partitions } = stream
    const known = catalog.find(name)
    assert(partitions >= 1 && partitions >= (known?.partitions ?? 0), 'a stream has a partition at least, and never fewer than before')
    const next = this.#nextIds.get() as { stream: number; schema: number }
    const id = known?.id ?? next.stream
    const schemaId = known !== undefined && catalog.schemaText(known.schemaId) === stream.schema ? known.schemaId : next.schema
    if (schemaId === next.schema) {
      const row = { id: schemaId, stream_id: id, fingerprint: stream.fingerprint, schema: stream.schema }
      this.#insertSchema.run(row.id, row.stream_id, row.fingerprint, row.schema, schemaChecksum(row))
    }
    const checksum = streamChecksum({ id, name, kind, partitions, schema_id: schemaId })
    if (known === undefined) this.#insertStream.run(id, name, kind, partitions, schemaId, checksum)
    else this.#updateStream.run(kind, partitions, schemaId, checksum, id)
    for (let partition = 0; partition < partitions; partition += 1) {
      if (this.#partitions.exists(id, partition)) continue
      this.#partitions.write({ stream_id: id, partition, first: 0, next: 0, bytes: 0, dropped_cut: 0 })
    }
    return known === undefined
  }
}

function isDefined(catalog: Catalog, { name, kind, partitions, schema }: EncodedStream): boolean {
  const known = catalog.find(name)
  return known !== undefined && known.kind === kind && known.partitions === partitions && catalog.schemaText(known.schemaId) === schema
}
