import { MillraceError } from '@millrace/base'
import type { ControlValue, LogReader } from '@millrace/core'
import type { KeptRecord, ParkedStatus } from './parked-record.ts'
import { isThere, recordOf, selectParked } from './parked-table.ts'

export interface ParkedFilter {
  readonly source?: string
  readonly stream?: string
  /** Default: what is still parked. */
  readonly status?: ParkedStatus
  /** Records after this one, in the order of the list. */
  readonly after?: KeptRecord
  readonly limit: number
}

export interface ParkedCount {
  readonly source: string
  readonly stream: string
  readonly code: string
  readonly count: number
  readonly oldestMs: number
}

/** In the order of streams, and within one of its source's. */
export function listParked(reader: LogReader, { source, stream, status = 'parked', after, limit }: ParkedFilter): KeptRecord[] {
  const wanted = ['status = ?']
  const parameters: ControlValue[] = [status]
  const want = (condition: string, ...values: ControlValue[]): void => {
    wanted.push(condition)
    parameters.push(...values)
  }
  if (source !== undefined) want('source = ?', source)
  if (stream !== undefined) want('stream = ?', stream)
  if (after !== undefined) {
    want('(stream, transaction_position, change_index, id) > (?, ?, ?, ?)', after.stream, after.transaction, after.index, after.id)
  }
  const order = `where ${wanted.join(' and ')} order by stream, transaction_position, change_index, id limit ?`
  return selectParked(reader, order, [...parameters, limit]).map(recordOf)
}

export function findParked(reader: LogReader, id: string): KeptRecord {
  const [row] = selectParked(reader, 'where id = ?', [id])
  if (row === undefined) throw new MillraceError('PARKED_UNKNOWN', { details: { id } })
  return recordOf(row)
}

/** How much is parked, per stream and reason. */
export function countParked(reader: LogReader): ParkedCount[] {
  if (!isThere(reader)) return []
  const sql = `select source, stream, code, count(*) as n, min(parked_ms) as oldest from capture_parked
    where status = 'parked' group by source, stream, code order by stream, code`
  return reader.control(sql).map((row) => ({
    source: String(row['source']),
    stream: String(row['stream']),
    code: String(row['code']),
    count: Number(row['n']),
    oldestMs: Number(row['oldest']),
  }))
}
