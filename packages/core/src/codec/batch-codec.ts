/**
 * A batch, or a plain list of vectors, as bytes: columnar, each column in the least of a few simple
 * forms. Compression and checksums are the business of whoever stores the bytes.
 */
import { assert } from '@millrace/base'
import type { Batch } from '../batch.ts'
import type { Schema } from '../schema.ts'
import { layoutOf } from '../type.ts'
import type { Vector } from '../vector.ts'
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import { readCodes, writeCodes } from './code-codec.ts'
import { readVector, writeVector } from './vector-codec.ts'
import { readWhole, writeWhole } from './whole-codec.ts'

/** The first byte of every encoding. A changed form gets a new number, and the old one stays readable. */
const FORM = 1
/** More rows than any stage gathers; a count beyond it is damage. */
const ROWS_LIMIT = 2 ** 26

export function encodeBatch(batch: Batch): Uint8Array<ArrayBuffer> {
  const { schema, count } = batch
  assert(batch.after.length === schema.columns.length, 'a batch has a vector per column')
  const writer = started(count)
  writeCodes(writer, batch.operations)
  writeWhole(writer, batch.transactions)
  writeWhole(writer, batch.indexes)
  writeWhole(writer, batch.times)
  writer.byte(batch.before === null ? 0 : 1)
  writeList(writer, batch.after, count)
  if (batch.before !== null) writeList(writer, batch.before, count)
  return writer.finish()
}

/** `schema` is the one that the batch was written with. */
export function decodeBatch(schema: Schema, bytes: Uint8Array): Batch {
  const reader = new ByteReader(bytes)
  const count = startedCount(reader)
  const operations = readCodes(reader, count)
  const transactions = readWhole(reader, count)
  const indexes = readWhole(reader, count)
  const times = readWhole(reader, count)
  const withBefore = reader.byte() === 1
  const after = ofSchema(schema, readList(reader, count))
  const before = withBefore ? ofSchema(schema, readList(reader, count)) : null
  reader.finish()
  return { schema, count, operations, transactions, indexes, times, after, before }
}

export function encodeVectors(vectors: readonly Vector[], count: number): Uint8Array<ArrayBuffer> {
  const writer = started(count)
  writeList(writer, vectors, count)
  return writer.finish()
}

export function decodeVectors(bytes: Uint8Array): { count: number; vectors: Vector[] } {
  const reader = new ByteReader(bytes)
  const count = startedCount(reader)
  const vectors = readList(reader, count)
  reader.finish()
  return { count, vectors }
}

function started(count: number): ByteWriter {
  assert(Number.isInteger(count) && count >= 0 && count <= ROWS_LIMIT, 'a batch has a bounded number of rows')
  const writer = new ByteWriter()
  writer.byte(FORM)
  writer.uint32(count)
  return writer
}

function startedCount(reader: ByteReader): number {
  assert(reader.byte() === FORM, 'an encoded batch has a known form')
  const count = reader.uint32()
  assert(count <= ROWS_LIMIT, 'a batch has a bounded number of rows')
  return count
}

function writeList(writer: ByteWriter, vectors: readonly Vector[], count: number): void {
  writer.uint32(vectors.length)
  for (const vector of vectors) writeVector(writer, vector, count)
}

function readList(reader: ByteReader, count: number): Vector[] {
  const vectors: Vector[] = []
  for (let left = reader.uint32(); left > 0; left -= 1) vectors.push(readVector(reader, count))
  return vectors
}

function ofSchema(schema: Schema, vectors: readonly Vector[]): readonly Vector[] {
  assert(vectors.length === schema.columns.length, 'a batch has a vector per column of its schema')
  for (const [at, column] of schema.columns.entries()) {
    const layout = vectors[at]?.layout === 'wide' ? 'integer' : vectors[at]?.layout
    assert(layout === layoutOf(column.type), 'a vector has the layout of its column')
  }
  return vectors
}
