/** The part of time that a run is to compute, as a user names it. */
import { MillraceError } from '@millrace/base'
import { nextInterval, stretchAt } from './interval.ts'
import type { IntervalUnit } from './model.ts'

/** Only intervals that overlap it are computed; of the others a version keeps what it had. */
export interface IntervalWindow {
  readonly from: string | null
  /** The first moment that is not in it. */
  readonly to: string | null
}

export function isWithinWindow(window: IntervalWindow | null, start: string, unit: IntervalUnit): boolean {
  if (window === null) return true
  const { from, to } = window
  return (to === null || start < to) && (from === null || start >= from || nextInterval(start, unit) > from)
}

/** `to` is meant with all of the month, day or hour that it names. Raises INTERVAL_WINDOW_INVALID. */
export function readWindow(from: string | null, to: string | null): IntervalWindow | null {
  if (from === null && to === null) return null
  const first = from === null ? null : stretchAt(from)
  const last = to === null ? null : stretchAt(to)
  const isWrong = (from !== null && first === null) || (to !== null && last === null)
  if (isWrong || (first !== null && last !== null && first.from >= last.to))
    throw new MillraceError('INTERVAL_WINDOW_INVALID', { details: { from: from ?? 'the beginning', to: to ?? 'the end' } })
  return { from: first?.from ?? null, to: last?.to ?? null }
}
