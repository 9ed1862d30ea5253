/** Where a decoded value goes: a column's builder, or a hash over a key. */
import type { VectorBuilder } from '@millrace/core'

export type CellSink = Pick<VectorBuilder, 'pushNumber' | 'pushWhole' | 'pushBoolean' | 'pushText' | 'pushBytes' | 'pushCell'>

/** Reads one value that lies in `buffer` from `start` to `end`. */
export type CellReader = (buffer: Buffer, start: number, end: number, into: CellSink) => void
