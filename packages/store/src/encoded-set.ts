/**
 * A write set as it travels to the writer's thread: batches are encoded by the thread that has them, so
 * that the one writer only packs, sums and writes; and everything is in buffers that can be handed over.
 */
import {
  type Append,
  type ControlStatement,
  encodeBatch,
  type ShownTail,
  type SourceProgress,
  type StateSegment,
  type StreamDefinition,
  type WriteSet,
} from '@millrace/core'
import { schemaFingerprint } from './schema-fingerprint.ts'
import type { SegmentKey } from './segment-table.ts'

export interface EncodedAppend {
  readonly stream: string
  readonly partition: number
  readonly fingerprint: string
  readonly count: number
  readonly asOf: number | null
  /** The open tail that it goes to; null where it is visible at once. */
  readonly tail: string | null
  readonly bytes: Uint8Array<ArrayBuffer>
}

export interface EncodedStream {
  readonly name: string
  readonly kind: string
  readonly partitions: number
  readonly fingerprint: string
  readonly schema: string
}

export interface EncodedSet {
  readonly streams: readonly EncodedStream[]
  readonly appends: readonly EncodedAppend[]
  readonly show: readonly ShownTail[]
  readonly discard: readonly string[]
  readonly progress: SourceProgress | null
  readonly clear: readonly string[]
  readonly remove: readonly SegmentKey[]
  readonly put: readonly StateSegment[]
  readonly control: readonly ControlStatement[]
  /** Wall time of the caller's clock: the batches that become visible carry it. */
  readonly atMs: number
}

export function encodeSet(set: WriteSet, atMs: number): EncodedSet {
  return {
    streams: (set.streams ?? []).map(encodeStream),
    appends: (set.appends ?? []).filter(({ batch }) => batch.count > 0).map(encodeAppend),
    show: set.show ?? [],
    discard: set.discard ?? [],
    progress: set.progress ?? null,
    clear: set.state?.clear ?? [],
    remove: set.state?.remove ?? [],
    put: (set.state?.put ?? []).map((segment) => ({ ...segment, bytes: ownBytes(segment.bytes) })),
    control: (set.control ?? []).map(({ sql, parameters }) => ({
      sql,
      parameters: parameters.map((value) => (value instanceof Uint8Array ? ownBytes(value) : value)),
    })),
    atMs,
  }
}

/** What the set holds in memory while it waits: its bytes, and a little for each of its parts. */
export function heldBytes(set: EncodedSet): number {
  let bytes = 1024
  for (const { bytes: own } of set.appends) bytes += own.length + 128
  for (const { bytes: own } of set.put) bytes += own.length + 128
  for (const { sql, parameters } of set.control) {
    bytes += 64 + sql.length
    for (const value of parameters) bytes += typeof value === 'string' || value instanceof Uint8Array ? value.length : 8
  }
  return bytes
}

export function transferList(set: EncodedSet): ArrayBuffer[] {
  return [...set.appends.map(({ bytes }) => bytes.buffer), ...set.put.map(({ bytes }) => bytes.buffer as ArrayBuffer)]
}

function encodeAppend({ stream, partition, batch, asOf, tail }: Append): EncodedAppend {
  return {
    stream,
    partition,
    fingerprint: schemaFingerprint(batch.schema),
    count: batch.count,
    asOf: asOf ?? null,
    tail: tail ?? null,
    bytes: encodeBatch(batch),
  }
}

function encodeStream({ name, kind, partitions, schema }: StreamDefinition): EncodedStream {
  return { name, kind, partitions, fingerprint: schemaFingerprint(schema), schema: JSON.stringify(schema) }
}

/** A copy: the caller keeps its bytes, and a view would carry its whole buffer along. */
function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes)
}
