import { assert } from '@millrace/base'
import type { VectorBuilder } from '@millrace/core'

/** bytea as `\x` and two digits a byte; the connection asks for that form. */
export function parseBytes(buffer: Buffer, start: number, end: number, into: VectorBuilder): void {
  assert(buffer[start] === 0x5c && buffer[start + 1] === 0x78, 'bytea arrives in hex')
  const bytes = new Uint8Array((end - start - 2) / 2)
  for (let to = 0, from = start + 2; to < bytes.length; to += 1, from += 2) {
    bytes[to] = (HEX[buffer[from] as number] as number) * 16 + (HEX[buffer[from + 1] as number] as number)
  }
  into.pushBytes(bytes)
}

const HEX = new Uint8Array(256)
for (let digit = 0; digit < 16; digit += 1) {
  HEX[digit.toString(16).charCodeAt(0)] = digit
  HEX[digit.toString(16).toUpperCase().charCodeAt(0)] = digit
}
