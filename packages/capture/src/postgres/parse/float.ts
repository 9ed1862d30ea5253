import type { VectorBuilder } from '@millrace/core'
import { POWERS_OF_TEN } from '../../powers-of-ten.ts'

const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30
/** So many digits are a whole number that a double holds exactly, whatever they are. */
const EXACT_DIGITS = 15

/** Postgres prints the shortest text that reads back as the same number, NaN and the infinities by name. */
export function parseFloat64(buffer: Buffer, start: number, end: number, into: VectorBuilder): void {
  into.pushNumber(readFloat(buffer, start, end))
}

export function parseFloat32(buffer: Buffer, start: number, end: number, into: VectorBuilder): void {
  into.pushNumber(Math.fround(readFloat(buffer, start, end)))
}

/** A quotient of two numbers that are exact is rounded once, as reading the text is. What is longer, or has an exponent, goes by its text. */
function readFloat(buffer: Buffer, start: number, end: number): number {
  const negative = buffer[start] === MINUS
  const first = negative ? start + 1 : start
  if (end - first > EXACT_DIGITS + 1 || end === first) return Number(buffer.toString('latin1', start, end))
  let value = 0
  let point = end
  for (let at = first; at < end; at += 1) {
    const digit = (buffer[at] as number) - ZERO
    if (digit >= 0 && digit <= 9) value = value * 10 + digit
    else if (digit === POINT - ZERO && point === end) point = at + 1
    else return Number(buffer.toString('latin1', start, end))
  }
  if (point === end && end - first > EXACT_DIGITS) return Number(buffer.toString('latin1', start, end))
  const magnitude = value / (POWERS_OF_TEN[end - point] as number)
  return negative ? -magnitude : magnitude
}
