/**
 * Results that our own code knows for sure, of functions that DuckDB computes otherwise: the plain cases that
 * nearly all rows are. Anything else is left to DuckDB, so a shortcut need not know what else there is.
 */
import type { Value } from '@millrace/core'
import type { ShortcutCall } from '../expression/foreign.ts'
import { castShortcut } from './cast-shortcut.ts'
import { distanceShortcut, isDistance } from './distance-shortcut.ts'
import { regexpShortcut } from './regexp-shortcut.ts'
import { bucketShortcut, formatShortcut } from './time-shortcut.ts'

/** The result for inputs that are not NULL; undefined where DuckDB has to be asked. */
export type Shortcut = (input: Value, second: Value) => Value | undefined

/** Of a call whose only argument that differs by row is its input 0, or of a distance of two. Null where there is none. */
export function shortcutOf(call: ShortcutCall): Shortcut | null {
  if (isDistance(call)) return distanceShortcut(call)
  if (call.arguments.filter((argument) => typeof argument === 'number').length !== 1) return null
  if (call.name.startsWith('cast ')) return castShortcut(call)
  switch (call.name) {
    case 'strftime':
      return formatShortcut(call)
    case 'time_bucket':
      return bucketShortcut(call)
    case 'split item':
      return splitItemShortcut(call)
    case 'regexp_extract':
    case 'regexp_matches':
    case 'regexp_full_match':
      return regexpShortcut(call)
    default:
      return null
  }
}

/** Parts count from 1; one that is not there is NULL. */
function splitItemShortcut({ types, arguments: [text, separator, number] }: ShortcutCall): Shortcut | null {
  if (text !== 0 || typeof separator !== 'object' || typeof number !== 'object' || types[0]?.kind !== 'text') return null
  const [by, at] = [separator.value, number.value]
  if (typeof by !== 'string' || by === '' || typeof at !== 'number' || at < 1) return null
  return (input) => {
    let start = 0
    const whole = input as string
    for (let part = 1; ; part += 1) {
      const end = whole.indexOf(by, start)
      if (part === at) return end < 0 ? whole.slice(start) : whole.slice(start, end)
      if (end < 0) return null
      start = end + by.length
    }
  }
}
