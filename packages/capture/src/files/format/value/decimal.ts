/** decimal(width, scale), as the whole number of its smallest units: `-1.50` is -150. A digit that has no place is never rounded away. */
import { wholeNumber } from '@millrace/core'
import type { CellOptions, TextReader } from './cell-options.ts'
import { ungrouped } from './whole-number.ts'

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
