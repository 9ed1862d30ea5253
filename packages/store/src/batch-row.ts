import { rowChecksum } from './checksum.ts'

/** The header of a visible batch, as its row is. */
export interface BatchRow {
  readonly stream_id: number
  readonly partition: number
  readonly first: number
  readonly count: number
  readonly cut: number
  /** The how manieth of its cut it is. */
  readonly place: number
  readonly as_of: number | null
  readonly committed_ms: number
  readonly schema_id: number
  readonly body_id: number
  readonly stored_bytes: number
  readonly packing: number
  readonly body_checksum: number
  /** Where they are not null, they hold for every change of the batch, whatever its body says. */
  readonly transaction_position: number | null
  readonly time_micros: number | null
  readonly checksum: number
}

/** The header of a batch in an open tail: without positions, cut and time, which it gets when it is visible. */
export interface TailRow {
  readonly body_id: number
  readonly tail: string
  readonly stream_id: number
  readonly partition: number
  readonly count: number
  readonly as_of: number | null
  readonly schema_id: number
  readonly stored_bytes: number
  readonly packing: number
  readonly body_checksum: number
  readonly checksum: number
}

/** All columns but the checksum, in the order of the table: what is written, and what the checksum is over. */
export function batchValues(row: Omit<BatchRow, 'checksum'>): (number | null)[] {
  return [
    row.stream_id,
    row.partition,
    row.first,
    row.count,
    row.cut,
    row.place,
    row.as_of,
    row.committed_ms,
    row.schema_id,
    row.body_id,
    row.stored_bytes,
    row.packing,
    row.body_checksum,
    row.transaction_position,
    row.time_micros,
  ]
}

export function batchChecksum(row: Omit<BatchRow, 'checksum'>): number {
  return rowChecksum('batch', batchValues(row))
}

export function tailValues(row: Omit<TailRow, 'checksum'>): (number | string | null)[] {
  return [
    row.body_id,
    row.tail,
    row.stream_id,
    row.partition,
    row.count,
    row.as_of,
    row.schema_id,
    row.stored_bytes,
    row.packing,
    row.body_checksum,
  ]
}

export function tailChecksum(row: Omit<TailRow, 'checksum'>): number {
  return rowChecksum('tail', tailValues(row))
}
