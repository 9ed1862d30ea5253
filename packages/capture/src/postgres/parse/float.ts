import type { VectorBuilder } from '@millrace/core'

/** Postgres prints the shortest text that reads back as the same number, NaN and the infinities by name. */
export function parseFloat64(buffer: Buffer, start: number, end: number, into: VectorBuilder): void {
  into.pushNumber(Number(buffer.toString('latin1', start, end)))
}

export function parseFloat32(buffer: Buffer, start: number, end: number, into: VectorBuilder): void {
  into.pushNumber(Math.fround(Number(buffer.toString('latin1', start, end))))
}
