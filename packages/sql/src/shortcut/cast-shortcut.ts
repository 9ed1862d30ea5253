/** Casts of text that is written as nearly everybody writes it. */
import { type Type, type Value, valueFromJson } from '@millrace/core'
import type { ShortcutCall } from '../expression/foreign.ts'
import { rangeOf } from '../compile/type-range.ts'
import type { Shortcut } from './shortcut.ts'

const WHOLE = /^-?\d{1,15}$/
/** At most 15 digits, which a double holds; both sides then round the same decimal number correctly. */
const DECIMAL = /^-?(?=[\d.]{2,16}$)\d{1,14}\.\d{1,14}$/
const DATE = /^[1-9]\d{3}-\d\d-\d\d$/
const TIMESTAMP = /^[1-9]\d{3}-\d\d-\d\d [0-2]\d:[0-5]\d:[0-5]\d(\.\d{1,6})?$/

export function castShortcut({ types }: ShortcutCall): Shortcut | null {
  const [from, to] = types
  if (from?.kind !== 'text' || to === undefined) return null
  switch (to.kind) {
    case 'int8':
    case 'int16':
    case 'int32':
    case 'int64':
    case 'hugeint':
    case 'uint8':
    case 'uint16':
    case 'uint32':
    case 'uint64':
      return wholeShortcut(to)
    case 'float64':
      return (text) => (WHOLE.test(text as string) || DECIMAL.test(text as string) ? Number(text) : undefined)
    case 'date':
      return (text) => (DATE.test(text as string) ? read(to, text as string) : undefined)
    case 'timestamp':
      return (text) => (TIMESTAMP.test(text as string) ? read(to, text as string) : undefined)
    case 'boolean':
      return (text) => (text === 'true' ? true : text === 'false' ? false : undefined)
    default:
      return null
  }
}

function wholeShortcut(type: Type): Shortcut {
  const { min, max } = rangeOf(type)
  return (text) => {
    if (!WHOLE.test(text as string)) return undefined
    // There is one zero among whole numbers.
    const value = Number(text) + 0
    return value >= min && value <= max ? value : undefined
  }
}

/** What the calendar does not have is DuckDB's to refuse. */
function read(type: Type, text: string): Value | undefined {
  try {
    return valueFromJson(type, text)
  } catch {
    return undefined
  }
}
