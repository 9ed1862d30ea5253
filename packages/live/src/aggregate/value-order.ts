import type { Layout } from '@millrace/core'
import { compareText } from '@millrace/sql'

/** A value as the key of a Map; bytes as text of one character a byte, which has the same order. */
export type BagValue = number | bigint | string | boolean

export type ValueLess = (left: BagValue, right: BagValue) => boolean

/** DuckDB's order of the values of a layout, none NULL. */
export function lessOf(layout: Layout): ValueLess {
  switch (layout) {
    case 'text':
      return (left, right) => compareText(left as string, right as string) < 0
    case 'float':
      // NaN is the greatest.
      return (left, right) => left < right || (right !== right && left === left)
    default:
      return (left, right) => left < right
  }
}

export function bagValueOf(layout: Layout, value: unknown): BagValue {
  return layout === 'bytes' ? Buffer.from(value as Uint8Array).toString('latin1') : (value as BagValue)
}

export function valueOfBag(layout: Layout, value: BagValue): BagValue | Uint8Array {
  return layout === 'bytes' ? Uint8Array.from(Buffer.from(value as string, 'latin1')) : value
}
