/**
 * A position as a subscriber keeps it: opaque to it, and checked here against the log that it names. It
 * tells which store it is of, which stream, the place after the last change that was told, and when that
 * change was committed: a store that was restored to an older state and went on otherwise is recognised.
 */
import { MillraceError } from '@millrace/base'
import type { LogReader } from '@millrace/core'

export interface Place {
  /** The position in the log of the first change that has not been told. */
  readonly next: number
  /** When the change before it was committed; 0 where there is none. */
  readonly committedMs: number
}

export interface PlaceOf {
  readonly storeId: string
  readonly stream: string
}

const VERSION = '1'

export function positionText({ storeId, stream }: PlaceOf, { next, committedMs }: Place): string {
  return Buffer.from([VERSION, storeId, stream, next, committedMs].join('|')).toString('base64url')
}

/** Raises HTTP_REQUEST_INVALID for what is no position, READ_POSITION_GONE for one that cannot be resumed from. */
export function placeFrom(text: string, of: PlaceOf, reader: LogReader): Place {
  const [version, storeId, stream, next, committedMs, ...more] = Buffer.from(text, 'base64url').toString('utf8').split('|')
  const place = { next: Number(next), committedMs: Number(committedMs) }
  const isWhole = Number.isSafeInteger(place.next) && place.next >= 0 && Number.isFinite(place.committedMs)
  if (version !== VERSION || more.length > 0 || !isWhole) {
    const details = { path: of.stream, problem: '`from` is no position that a subscription told', place: 'from' }
    throw new MillraceError('HTTP_REQUEST_INVALID', { details })
  }
  if (storeId !== of.storeId) throw gone(of.stream, 'it is of another store')
  if (stream !== of.stream) throw gone(of.stream, `it is of ${stream ?? 'another model'}`)
  checkPlace(place, of.stream, reader)
  return place
}

/** Raises READ_POSITION_GONE where the log does not go on from the place. */
export function checkPlace({ next, committedMs }: Place, stream: string, reader: LogReader): void {
  const [extent] = reader.extents(stream)
  if (extent === undefined || next > extent.next) throw gone(stream, 'the log does not reach so far: it was restored from a backup')
  if (next < extent.first) throw gone(stream, 'the changes after it are not kept any more')
  if (next === extent.first) return
  const [last] = reader.read(stream, { fromPosition: next - 1, bytesLimit: 1 })
  if (last?.committedMs !== committedMs) throw gone(stream, 'the log has another history since')
}

export function gone(model: string, why: string): MillraceError {
  return new MillraceError('READ_POSITION_GONE', { details: { model, why } })
}
