import type { CellSink } from './cell-sink.ts'
import { latin1Slice } from './slices.ts'

export function readFloat32(buffer: Buffer, start: number, _end: number, into: CellSink): void {
  into.pushNumber(buffer.readFloatLE(start))
}

export function readFloat64(buffer: Buffer, start: number, _end: number, into: CellSink): void {
  into.pushNumber(buffer.readDoubleLE(start))
}

/** Asked for as DOUBLE, because the server prints a FLOAT with six digits only. */
export function readFloatText(buffer: Buffer, start: number, end: number, into: CellSink): void {
  into.pushNumber(Number(latin1Slice(buffer, start, end)))
}
