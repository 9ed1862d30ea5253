/** decimal(width, scale), as the whole number of its smallest units: `-1.50` is -150. A digit that has no place is never rounded away. */
import { wholeNumber } from '@millrace/core'
import type { CellOptions, FastNumber, TextReader } from './cell-options.ts'
import { ungrouped } from './whole-number.ts'

const MINUS = 0x2d
const ZERO = 0x30
const EXACT_DIGITS = 15
/** Beyond it no decimal has a digit; it keeps `1e999999999` from being written out. */
const EXPONENT_MAX = 400
const CHARACTERS_MAX = 800

export function decimalReader(width: number, scale: number, options: CellOptions): TextReader {
  const limit = 10n ** BigInt(width)
  const pattern = numberPattern(options)
  return (given) => {
    const text = ungrouped(given.trim(), options)
    const match = text === null || text.length > CHARACTERS_MAX ? null : pattern.exec(text)
    if (match === null) return undefined
    const whole = match[2] ?? ''
    const fraction = match[3] ?? ''
    const exponent = Number(match[4] ?? '0')
    if ((whole === '' && fraction === '') || Math.abs(exponent) > EXPONENT_MAX) return undefined
    const value = scaled(BigInt(`${whole}${fraction}`), scale - fraction.length + exponent)
    if (value === null || value >= limit) return undefined
    return wholeNumber(match[1] === '-' ? -value : value)
  }
}

/** Sign, digits before and after the point, exponent. */
export function numberPattern(options: CellOptions): RegExp {
  return options.decimalSeparator === ','
    ? /^([+-]?)(\d*)(?:,(\d*))?(?:[eE]([+-]?\d{1,6}))?$/
    : /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,6}))?$/
}

/** Null where a digit that is not zero would be lost. */
function scaled(digits: bigint, powers: number): bigint | null {
  if (powers >= 0) return digits * 10n ** BigInt(powers)
  const divisor = 10n ** BigInt(-powers)
  return digits % divisor === 0n ? digits / divisor : null
}

export function fastDecimal(width: number, scale: number, options: CellOptions): FastNumber {
  const point = (options.decimalSeparator ?? '.').charCodeAt(0)
  const limit = 10 ** Math.min(width, EXACT_DIGITS)
  return (bytes, start, end) => {
    const negative = bytes[start] === MINUS
    let value = 0
    let digits = 0
    let pointAt = end
    for (let at = negative ? start + 1 : start; at < end; at += 1) {
      const digit = (bytes[at] as number) - ZERO
      if (digit < 0 || digit > 9) {
        if (bytes[at] !== point || pointAt !== end) return Number.NaN
        pointAt = at
        continue
      }
      value = value * 10 + digit
      digits += 1
    }
    const missing = scale - (pointAt === end ? 0 : end - pointAt - 1)
    if (digits === 0 || missing < 0 || digits + missing > EXACT_DIGITS) return Number.NaN
    if (missing > 0) value *= POWERS[missing] as number
    if (value >= limit) return Number.NaN
    return negative && value !== 0 ? -value : value
  }
}

/** Exact in a double. */
export const POWERS: readonly number[] = Array.from({ length: 23 }, (_, power) => Number(`1e${power}`))
