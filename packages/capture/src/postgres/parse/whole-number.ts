import { assert } from '@millrace/base'
import type { VectorBuilder } from '@millrace/core'

const MINUS = 0x2d
const ZERO = 0x30
/** So many digits are exact in a double whatever they are. */
const EXACT_DIGITS = 15

/** int2, int4 and int8. */
export function parseWholeNumber(buffer: Buffer, start: number, end: number, into: VectorBuilder): void {
  const negative = buffer[start] === MINUS
  const first = negative ? start + 1 : start
  if (end - first > EXACT_DIGITS) return into.pushWhole(BigInt(buffer.toString('latin1', start, end)))
  const value = readDigits(buffer, first, end)
  into.pushNumber(negative && value !== 0 ? -value : value)
}

export function readDigits(buffer: Buffer, start: number, end: number): number {
  assert(end > start, 'a number has digits')
  let value = 0
  let odd = 0
  for (let at = start; at < end; at += 1) {
    const digit = (buffer[at] as number) - ZERO
    odd |= digit
    value = value * 10 + digit
  }
  // Digits have no bit beyond the fourth; all other characters that a number may hold do, once below zero.
  assert(odd >= 0 && odd < 16, 'a number consists of digits')
  return value
}
