import { numberPattern, POWERS } from './decimal.ts'
import type { CellOptions, FastNumber, TextReader } from './cell-options.ts'
import { ungrouped } from './whole-number.ts'

const MINUS = 0x2d
const ZERO = 0x30
/** A whole number of so many digits, divided by a power of ten up to 10^22, is rounded once: as the standard asks. */
const EXACT_DIGITS = 15
const EXACT_POWER = 22

const NAMED: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  inf: Infinity,
  '+inf': Infinity,
  '-inf': -Infinity,
  infinity: Infinity,
  '+infinity': Infinity,
  '-infinity': -Infinity,
}

export function floatReader(kind: 'float32' | 'float64', options: CellOptions): TextReader {
  const pattern = numberPattern(options)
  return (given) => {
    const trimmed = given.trim()
    const named = NAMED[trimmed.toLowerCase()]
    if (named !== undefined) return named
    const text = ungrouped(trimmed, options)
    const match = text === null ? null : pattern.exec(text)
    if (match === null || ((match[2] ?? '') === '' && (match[3] ?? '') === '')) return undefined
    const value = Number(`${match[1]}${match[2]}.${match[3] ?? ''}0e${match[4] ?? '0'}`)
    const kept = kind === 'float32' ? Math.fround(value) : value
    // A finite number that is beyond the type would become infinite.
    return Number.isFinite(kept) ? kept : undefined
  }
}

export function fastFloat(options: CellOptions): FastNumber {
  const point = (options.decimalSeparator ?? '.').charCodeAt(0)
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
    const fraction = pointAt === end ? 0 : end - pointAt - 1
    if (digits === 0 || digits > EXACT_DIGITS || fraction > EXACT_POWER) return Number.NaN
    if (fraction > 0) value /= POWERS[fraction] as number
    return negative ? -value : value
  }
}
