/** One thing that a source could not take, set aside where it can be read, mended and replayed (law 9). */
import type { ErrorCode } from '@millrace/base'
import type { JsonValue, OperationName } from '@millrace/core'

/** A row by column name; a cell that was not told is missing. */
export type ParkedRow = Readonly<Record<string, JsonValue>>

/**
 * Laws. A record is parked in the same commit as its neighbours' changes and the source's progress (law
 * 1). Its identity is its change's: (source, transaction, index), so that a repeat is recognised and a
 * replay is the same change (law 5). Where its key could be read, later changes of that key are parked
 * behind it, so that a replay keeps their order.
 */
export interface ParkedRecord {
  readonly source: string
  readonly stream: string
  readonly partition: number
  readonly transaction: number
  readonly index: number
  /** When the source committed it, in microseconds since 1970. */
  readonly time: number
  readonly operation: OperationName
  /** The row's key as text, as far as it could be read; null where it could not: it holds nobody back. */
  readonly key: string | null
  /** Where the source has it, in the source's own words: `orders.csv, line 17`, `position 0/16B3748`. */
  readonly place: string
  readonly code: ErrorCode
  /** One sentence for the person who is to mend it. It may hold the value that is wrong. */
  readonly reason: string
  /** Exactly what came, for people and for a second try. */
  readonly raw: Uint8Array
  /** The row by column, as far as it could be read: what `millrace parked --fix` starts from. Null where nothing could. */
  readonly row: ParkedRow | null
  /** For an update that moved its key or tells the row before. */
  readonly before: ParkedRow | null
}

export type ParkedStatus = 'parked' | 'replayed' | 'dropped'

/** A record as it is kept. */
export interface KeptRecord extends ParkedRecord {
  /** `shop.orders/0/4711.3`: stable, and what people type. */
  readonly id: string
  readonly status: ParkedStatus
  readonly parkedMs: number
  readonly settledMs: number | null
}
