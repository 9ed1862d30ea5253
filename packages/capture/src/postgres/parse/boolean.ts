import type { VectorBuilder } from '@millrace/core'

const TRUE = 0x74

export function parseBoolean(buffer: Buffer, start: number, _end: number, into: VectorBuilder): void {
  into.pushBoolean(buffer[start] === TRUE)
}
