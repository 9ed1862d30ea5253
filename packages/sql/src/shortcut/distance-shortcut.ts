/**
 * How far two timestamps lie apart, compared with an interval: `ended - began <= INTERVAL 10 SECOND`. The
 * difference is in days and microseconds, of which DuckDB compares months of 30 days, then days, then the rest.
 */
import { intervalFromText, type Value } from '@millrace/core'
import type { ComparisonOperator } from '../expression/comparison.ts'
import type { ShortcutCall } from '../expression/foreign.ts'
import type { Shortcut } from './shortcut.ts'

const DAY_MICROS = 86_400_000_000
const MONTH_DAYS = 30

type Compare = (distance: number, width: number) => boolean

const COMPARES: Readonly<Partial<Record<ComparisonOperator, Compare>>> = {
  equal: (distance, width) => distance === width,
  notEqual: (distance, width) => distance !== width,
  less: (distance, width) => distance < width,
  lessOrEqual: (distance, width) => distance <= width,
  greater: (distance, width) => distance > width,
  greaterOrEqual: (distance, width) => distance >= width,
}

const NAME = 'distance '

export function distanceName(operator: ComparisonOperator): string {
  return `${NAME}${operator}`
}

export function isDistance({ name }: ShortcutCall): boolean {
  return name.startsWith(NAME)
}

/** Of two timestamps and a constant interval. */
export function distanceShortcut({ name, types, arguments: [later, earlier, interval] }: ShortcutCall): Shortcut | null {
  const compare = COMPARES[name.slice(NAME.length) as ComparisonOperator]
  if (compare === undefined || later !== 0 || earlier !== 1 || typeof interval !== 'object') return null
  if (types[0]?.kind !== 'timestamp' || types[1]?.kind !== 'timestamp') return null
  const width = microsOf(interval.value)
  if (width === null) return null
  return (one, other) => {
    if (typeof one !== 'number' || typeof other !== 'number') return undefined
    const distance = one - other
    return Number.isSafeInteger(distance) ? compare(distance, width) : undefined
  }
}

/** Null where its parts are not what DuckDB would carry over into them. */
function microsOf(value: Value): number | null {
  const interval = intervalFromText(value)
  if (interval === null || typeof interval.micros === 'bigint') return null
  const { months, days, micros } = interval
  const carried = (days % MONTH_DAYS) + Math.floor((micros % (MONTH_DAYS * DAY_MICROS)) / DAY_MICROS)
  if (months < 0 || days < 0 || micros < 0 || carried >= MONTH_DAYS) return null
  const width = (months * MONTH_DAYS + days) * DAY_MICROS + micros
  return Number.isSafeInteger(width) ? width : null
}
