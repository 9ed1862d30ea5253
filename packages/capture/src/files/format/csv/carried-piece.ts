/** A piece on its way between threads: its memory changes hands, and text that is bytes stays bytes. */
import { type PackedText, packedTextOf, type Vector, vectorOfPacked } from '@millrace/core'
import type { ReadPiece } from './piece-reader.ts'

type CarriedColumn = Vector | { readonly packed: PackedText; readonly cells: Uint8Array | null }

export interface CarriedPiece extends Omit<ReadPiece, 'columns'> {
  readonly columns: readonly CarriedColumn[]
}

/** `memory`: what the sender has no more. */
export function carriedPiece(piece: ReadPiece): { carried: CarriedPiece; memory: readonly ArrayBuffer[] } {
  const memory = new Set<ArrayBuffer>()
  const hand = (array: ArrayBufferView | null): void => {
    if (array !== null) memory.add(array.buffer as ArrayBuffer)
  }
  const columns = piece.columns.map((vector): CarriedColumn => {
    hand(vector.cells)
    const packed = packedTextOf(vector)
    if (packed !== null) {
      for (const array of [packed.bytes, packed.starts, packed.ends]) hand(array)
      return { packed, cells: vector.cells }
    }
    if (ArrayBuffer.isView(vector.values)) hand(vector.values)
    return vector
  })
  hand(piece.rowRecords)
  return { carried: { ...piece, columns }, memory: [...memory] }
}

export function arrivedPiece({ columns, ...piece }: CarriedPiece): ReadPiece {
  return { ...piece, columns: columns.map(arrivedColumn) }
}

function arrivedColumn(column: CarriedColumn): Vector {
  if (!('packed' in column)) return column
  // A buffer arrives as the plain array that it is.
  const { buffer, byteOffset, byteLength } = column.packed.bytes
  return vectorOfPacked({ ...column.packed, bytes: Buffer.from(buffer, byteOffset, byteLength) }, column.cells)
}
