/** numeric(width, scale), as the whole number of its smallest units: `-1.50` is -150. */
import type { VectorBuilder } from '@millrace/core'
import { type CellParser, type ColumnPlace, unrepresentable } from './cell-parser.ts'

const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30
const EXACT_DIGITS = 15

export function decimalParser(width: number, scale: number, place: ColumnPlace): CellParser {
  return (buffer, start, end, into) => {
    const negative = buffer[start] === MINUS
    let value = 0
    let digits = 0
    let fraction = -1
    for (let at = negative ? start + 1 : start; at < end; at += 1) {
      const byte = buffer[at] as number
      if (byte === POINT) {
        fraction = 0
        continue
      }
      const digit = byte - ZERO
      // `NaN` is a number of Postgres, also within numeric(width, scale); a decimal has none.
      if (digit < 0 || digit > 9) throw misfit(buffer.toString('latin1', start, end))
      value = value * 10 + digit
      digits += 1
      if (fraction >= 0) fraction += 1
    }
    if (digits === 0 || Math.max(fraction, 0) !== scale) return pushScaled(buffer.toString('latin1', start, end), into)
    if (digits <= EXACT_DIGITS) return into.pushNumber(negative && value !== 0 ? -value : value)
    into.pushWhole(BigInt(buffer.toString('latin1', start, end).replace('.', '')))
  }

  /** A number printed with another scale than the column's: made equal where that loses nothing. */
  function pushScaled(text: string, into: VectorBuilder): void {
    const match = /^(-?\d*)(?:\.(\d*?)(0*))?$/.exec(text)
    const fraction = match?.[2] ?? ''
    if (match === null || text === '' || fraction.length > scale) throw misfit(text)
    into.pushWhole(BigInt(`${match[1] ?? ''}${fraction.padEnd(scale, '0')}`))
  }

  function misfit(text: string): Error {
    const what = text === 'NaN' || text.endsWith('Infinity') ? text : 'a number with more digits than its type allows'
    return unrepresentable(place, { what, type: `numeric(${width},${scale})`, wider: 'numeric' })
  }
}
