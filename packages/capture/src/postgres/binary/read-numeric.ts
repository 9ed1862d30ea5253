/**
 * numeric in binary form: how many digits of base 10000 it has, the power of the first, the sign, the scale
 * that is printed, and the digits.
 */
import type { VectorBuilder } from '@millrace/core'
import { POWERS_OF_TEN } from '../../powers-of-ten.ts'
import type { CellReader } from './read-cell.ts'

const NEGATIVE = 0x4000
const POSITIVE = 0x0000
const DIGITS_AT = 8
const BASE = 10_000
/** So many digits are exact in a double, whatever they are, and so is their product with a small power of ten. */
const EXACT_DIGITS = 3
const EXACT_POWER = 3

/** As the whole number of the smallest units of its scale: `-1.50` is -150. False for NaN, infinities and finer numbers. */
export function numericReader(scale: number): CellReader {
  return (buffer, start, _end, into) => {
    const sign = readUint16(buffer, start + 4)
    if (sign !== POSITIVE && sign !== NEGATIVE) return false
    const digits = readUint16(buffer, start)
    if (digits === 0) return pushed(into, 0)
    const weight = (readUint16(buffer, start + 2) << 16) >> 16
    // By which power of ten the digits, read as one number, are to be multiplied.
    const power = (weight - digits + 1) * 4 + scale
    if (digits > EXACT_DIGITS || power > EXACT_POWER) return pushLarge(buffer, start, { digits, power, sign }, into)
    let whole = 0
    for (let at = start + DIGITS_AT, last = at + digits * 2; at < last; at += 2) whole = whole * BASE + readUint16(buffer, at)
    if (power < 0) {
      const divisor = POWERS_OF_TEN[-power]
      if (divisor === undefined || whole % divisor !== 0) return false
      whole /= divisor
    } else whole *= POWERS_OF_TEN[power] as number
    return pushed(into, sign === NEGATIVE ? -whole : whole)
  }
}

function pushed(into: VectorBuilder, value: number): boolean {
  into.pushNumber(value)
  return true
}

function pushLarge(
  buffer: Buffer,
  start: number,
  { digits, power, sign }: { digits: number; power: number; sign: number },
  into: VectorBuilder,
): boolean {
  let whole = 0n
  for (let at = start + DIGITS_AT, last = at + digits * 2; at < last; at += 2) whole = whole * 10_000n + BigInt(readUint16(buffer, at))
  const factor = 10n ** BigInt(Math.abs(power))
  if (power < 0 && whole % factor !== 0n) return false
  whole = power < 0 ? whole / factor : whole * factor
  into.pushWhole(sign === NEGATIVE ? -whole : whole)
  return true
}

/** As Postgres prints it. */
export function printNumeric(buffer: Buffer, start: number): string {
  const sign = readUint16(buffer, start + 4)
  if (sign !== POSITIVE && sign !== NEGATIVE) return SPECIAL[sign] ?? 'NaN'
  const count = readUint16(buffer, start)
  const weight = (readUint16(buffer, start + 2) << 16) >> 16
  const scale = readUint16(buffer, start + 6)
  const digit = (power: number): string => {
    const at = weight - power
    return at < 0 || at >= count ? '0000' : String(readUint16(buffer, start + DIGITS_AT + at * 2)).padStart(4, '0')
  }
  let whole = ''
  for (let power = weight; power >= 0; power -= 1) whole += digit(power)
  let fraction = ''
  for (let power = -1; fraction.length < scale; power -= 1) fraction += digit(power)
  const point = scale === 0 ? '' : `.${fraction.slice(0, scale)}`
  return `${sign === NEGATIVE ? '-' : ''}${whole.replace(/^0+/, '') || '0'}${point}`
}

const SPECIAL: Readonly<Record<number, string>> = { 0xc000: 'NaN', 0xd000: 'Infinity', 0xf000: '-Infinity' }

function readUint16(buffer: Buffer, at: number): number {
  return ((buffer[at] as number) << 8) | (buffer[at + 1] as number)
}
