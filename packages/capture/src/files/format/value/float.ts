import { numberPattern } from './decimal.ts'
import type { CellOptions, TextReader } from './cell-options.ts'
import { ungrouped } from './whole-number.ts'

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
