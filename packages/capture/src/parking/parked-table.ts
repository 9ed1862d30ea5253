/** The control table of what is parked, in SQL that SQLite and Postgres share. */
import type { ErrorCode } from '@millrace/base'
import { type ControlStatement, type ControlValue, type LogReader, OPERATION_NAME, type OperationName } from '@millrace/core'
import type { KeptRecord, ParkedRecord, ParkedRow, ParkedStatus } from './parked-record.ts'

export type ParkedTableRow = Record<string, ControlValue>

export const CREATE_PARKED: readonly ControlStatement[] = [
  `create table if not exists capture_parked (
  id text primary key,
  source text not null,
  stream text not null,
  partition_number integer not null,
  transaction_position real not null,
  change_index real not null,
  time_micros real not null,
  operation integer not null,
  key_text text,
  place text not null,
  code text not null,
  reason text not null,
  raw blob not null,
  row_json text,
  before_json text,
  status text not null,
  parked_ms real not null,
  settled_ms real
)`,
  'create index if not exists capture_parked_by_stream on capture_parked (status, stream, transaction_position, change_index)',
].map((sql) => ({ sql, parameters: [] }))

const INSERT = `insert into capture_parked values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'parked', ?, null) on conflict (id) do nothing`

/** One change, one id, for ever (law 5). */
export function parkedId({ stream, partition, transaction, index }: ParkedRecord): string {
  return `${stream}/${partition}/${transaction}.${index}`
}

export function insertParked(record: ParkedRecord, parkedMs: number): ControlStatement {
  return {
    sql: INSERT,
    parameters: [
      parkedId(record),
      record.source,
      record.stream,
      record.partition,
      record.transaction,
      record.index,
      record.time,
      OPERATION_NAME.indexOf(record.operation),
      record.key,
      record.place,
      record.code,
      record.reason,
      record.raw,
      jsonOrNull(record.row),
      jsonOrNull(record.before),
      parkedMs,
    ],
  }
}

export function settle(ids: readonly string[], status: ParkedStatus, settledMs: number): ControlStatement[] {
  const sql = `update capture_parked set status = ?, settled_ms = ? where id = ? and status = 'parked'`
  return ids.map((id) => ({ sql, parameters: [status, settledMs, id] }))
}

export function replaceRow(id: string, row: ParkedRow): ControlStatement {
  return { sql: `update capture_parked set row_json = ? where id = ? and status = 'parked'`, parameters: [JSON.stringify(row), id] }
}

/** Before anything was parked there is no table, and nothing to tell. */
export function selectParked(reader: LogReader, rest: string, parameters: readonly ControlValue[]): ParkedTableRow[] {
  return isThere(reader) ? reader.control<ParkedTableRow>(`select * from capture_parked ${rest}`, parameters) : []
}

export function isThere(reader: LogReader): boolean {
  try {
    reader.control('select 1 from capture_parked limit 1')
    return true
  } catch (error) {
    if (/no such table|does not exist/.test(textOf(error))) return false
    throw error
  }
}

export function recordOf(row: ParkedTableRow): KeptRecord {
  const settled = row['settled_ms']
  return {
    id: String(row['id']),
    source: String(row['source']),
    stream: String(row['stream']),
    partition: Number(row['partition_number']),
    transaction: Number(row['transaction_position']),
    index: Number(row['change_index']),
    time: Number(row['time_micros']),
    operation: OPERATION_NAME[Number(row['operation'])] as OperationName,
    key: textOrNull(row['key_text']),
    place: String(row['place']),
    code: String(row['code']) as ErrorCode,
    reason: String(row['reason']),
    raw: row['raw'] instanceof Uint8Array ? row['raw'] : new Uint8Array(0),
    row: parsed(row['row_json']),
    before: parsed(row['before_json']),
    status: String(row['status']) as ParkedStatus,
    parkedMs: Number(row['parked_ms']),
    settledMs: settled === null || settled === undefined ? null : Number(settled),
  }
}

function jsonOrNull(row: ParkedRow | null): string | null {
  return row === null ? null : JSON.stringify(row)
}

function parsed(value: ControlValue | undefined): ParkedRow | null {
  return typeof value === 'string' ? (JSON.parse(value) as ParkedRow) : null
}

function textOrNull(value: ControlValue | undefined): string | null {
  return typeof value === 'string' ? value : null
}

function textOf(error: unknown): string {
  return error instanceof Error ? `${error.message} ${textOf(error.cause)}` : ''
}
