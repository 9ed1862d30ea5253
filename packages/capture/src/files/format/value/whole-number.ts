import { wholeNumber } from '@millrace/core'
import type { CellOptions, TextReader } from './cell-options.ts'

export type WholeKind = 'int8' | 'int16' | 'int32' | 'int64' | 'hugeint' | 'uint8' | 'uint16' | 'uint32' | 'uint64'

const BITS: Readonly<Record<WholeKind, number>> = {
  int8: 8,
  int16: 16,
  int32: 32,
  int64: 64,
  hugeint: 128,
  uint8: 8,
  uint16: 16,
  uint32: 32,
  uint64: 64,
}

/** More cannot be a number of any type, however many zeros lead. */
const CHARACTERS_MAX = 400

export interface WholeRange {
  readonly least: bigint
  readonly most: bigint
}

export function rangeOf(kind: WholeKind): WholeRange {
  const bits = BigInt(BITS[kind])
  if (kind.startsWith('u')) return { least: 0n, most: 2n ** bits - 1n }
  return { least: -(2n ** (bits - 1n)), most: 2n ** (bits - 1n) - 1n }
}

export function wholeReader(kind: WholeKind, options: CellOptions): TextReader {
  const { least, most } = rangeOf(kind)
  return (given) => {
    const text = ungrouped(given.trim(), options)
    if (text === null || !/^[+-]?\d+$/.test(text) || text.length > CHARACTERS_MAX) return undefined
    const value = BigInt(text.startsWith('+') ? text.slice(1) : text)
    return value >= least && value <= most ? wholeNumber(value) : undefined
  }
}

/** A number without what stands between its groups of three digits; null where they are grouped wrongly. */
export function ungrouped(text: string, options: CellOptions): string | null {
  const separator = options.thousandsSeparator
  if (separator === undefined || !text.includes(separator)) return text
  const point = text.indexOf(options.decimalSeparator ?? '.')
  const whole = point < 0 ? text : text.slice(0, point)
  const groups = whole.replace(/^[+-]/, '').split(separator)
  if (!groups.every((group, at) => (at === 0 ? /^\d{1,3}$/ : /^\d{3}$/).test(group))) return null
  return `${/^[+-]/.exec(whole)?.[0] ?? ''}${groups.join('')}${text.slice(whole.length)}`
}
