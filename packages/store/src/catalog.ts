/**
 * The streams and every version of their schemas, as one connection last read them. The catalog is small
 * and seldom changes, so it is read whole, by scans that no damaged index can mislead, and again only
 * when its number in `store_meta` has moved. After a rollback its owner must `forget` it.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { MillraceError } from '@millrace/base'
import type { Schema, StreamInfo } from '@millrace/core'
import { rowChecksum } from './checksum.ts'
import type { Meta } from './meta.ts'

export interface StreamRow {
  readonly id: number
  readonly name: string
  readonly kind: string
  readonly partitions: number
  readonly schema_id: number
}

export interface SchemaRow {
  readonly id: number
  readonly stream_id: number
  readonly fingerprint: string
  readonly schema: string
}

export class Catalog {
  readonly #path: string
  readonly #selectStreams: StatementSync
  readonly #selectSchemas: StatementSync
  #version = -1
  #schemas = new Map<number, { row: SchemaRow; schema: Schema }>()
  #streamsByName = new Map<string, StreamInfo>()
  #streamsById = new Map<number, StreamInfo>()

  constructor(db: DatabaseSync, path: string) {
    this.#path = path
    this.#selectStreams = db.prepare('select * from store_stream order by id')
    this.#selectSchemas = db.prepare('select * from store_schema order by id')
  }

  forget(): void {
    this.#version = -1
  }

  /** Reads the catalog again if it has changed since. */
  refresh(meta: Meta): void {
    if (meta.catalog === this.#version) return
    const streams = this.#selectStreams.all() as unknown as (StreamRow & { checksum: number })[]
    const schemas = this.#selectSchemas.all() as unknown as (SchemaRow & { checksum: number })[]
    this.#check(
      streams.length === meta.streams && streams.every((row) => row.checksum === streamChecksum(row)),
      'the record of a stream does not match its checksum',
    )
    this.#check(
      schemas.every((row) => row.checksum === schemaChecksum(row)),
      'a schema does not match its checksum',
    )
    // An unchanged schema stays the same object: what is derived from it elsewhere is kept by that object.
    this.#schemas = new Map(
      schemas.map((row) => [row.id, { row, schema: this.#schemas.get(row.id)?.schema ?? (JSON.parse(row.schema) as Schema) }]),
    )
    const infos = streams.map((row) => this.#infoOf(row))
    this.#streamsByName = new Map(infos.map((info) => [info.name, info]))
    this.#streamsById = new Map(infos.map((info) => [info.id, info]))
    this.#version = meta.catalog
  }

  streams(): readonly StreamInfo[] {
    return [...this.#streamsById.values()]
  }

  find(name: string): StreamInfo | undefined {
    return this.#streamsByName.get(name)
  }

  stream(name: string): StreamInfo {
    const info = this.#streamsByName.get(name)
    if (info === undefined) throw new MillraceError('STREAM_UNKNOWN', { details: { name } })
    return info
  }

  streamById(id: number): StreamInfo {
    const info = this.#streamsById.get(id)
    this.#check(info !== undefined, `stream ${id} is missing`)
    return info
  }

  schemaById(id: number): Schema {
    const found = this.#schemas.get(id)
    this.#check(found !== undefined, `schema ${id} is missing`)
    return found.schema
  }

  /** The newest schema of a stream under which rows of this shape can be written. */
  schemaIdFor(streamId: number, fingerprint: string): number | undefined {
    let newest: number | undefined
    for (const { row } of this.#schemas.values()) {
      if (row.stream_id === streamId && row.fingerprint === fingerprint) newest = row.id
    }
    return newest
  }

  /** The schema as it was written, to compare. */
  schemaText(id: number): string | undefined {
    return this.#schemas.get(id)?.row.schema
  }

  #infoOf({ id, name, kind, partitions, schema_id: schemaId }: StreamRow): StreamInfo {
    return { id, name, kind: kind as StreamInfo['kind'], partitions, schemaId, schema: this.schemaById(schemaId) }
  }

  #check(condition: unknown, what: string): asserts condition {
    if (!condition) throw new MillraceError('STORE_CORRUPT', { details: { path: this.#path, what } })
  }
}

export function streamChecksum({ id, name, kind, partitions, schema_id: schemaId }: StreamRow): number {
  return rowChecksum('stream', [id, name, kind, partitions, schemaId])
}

export function schemaChecksum({ id, stream_id: streamId, fingerprint, schema }: SchemaRow): number {
  return rowChecksum('schema', [id, streamId, fingerprint, schema])
}
