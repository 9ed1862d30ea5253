/**
 * How far each log file was read, in the control table `log_file`. A row moves in the same commit as the rows
 * that were read (law 1).
 *
 * A file is known again by its inode and the sum of its beginning; a copy of it, or what became of it when it
 * was moved or compressed, by the sum of everything that was read of it.
 */
import { crc32 } from 'node:zlib'
import type { ControlStatement, ControlValue, LogReader } from '@millrace/core'

export interface LogFileRow {
  readonly id: number
  readonly path: string
  /** Empty where the file itself is gone, or was overwritten. */
  readonly inode: string
  /** Bytes that were read and are in the log, or parked. */
  readonly position: number
  /** CRC-32 of them all. */
  readonly sum: number
  /** CRC-32 of the first `HEAD_BYTES` of them. */
  readonly head_sum: number
  /** Nothing more is expected of it. */
  readonly finished: number
  /** Of a compressed file that was dealt with: its inode, size and time. */
  readonly archive: string | null
}

/** Enough to tell two logs apart by their beginning. */
export const HEAD_BYTES = 1024
/** Finished files that are remembered, so that they are known again compressed. */
const FINISHED_MAX = 1000

const FIELDS = 'id, path, inode, position, sum, head_sum, finished, archive'

export const CREATE_LOG_TABLE: readonly ControlStatement[] = [
  {
    sql: `create table if not exists log_file (
      source text not null,
      id bigint not null,
      path text not null,
      inode text not null,
      position bigint not null,
      sum bigint not null,
      head_sum bigint not null,
      finished integer not null,
      archive text,
      primary key (source, id)
    )`,
    parameters: [],
  },
]

export function readLogFiles(reader: LogReader, source: string): LogFileRow[] {
  const sql = `select ${FIELDS} from log_file where source = ? order by id`
  return reader.control<Record<string, ControlValue>>(sql, [source]) as unknown as LogFileRow[]
}

export function putLogFile(source: string, row: LogFileRow): ControlStatement {
  return {
    sql: `insert into log_file (source, ${FIELDS}) values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (source, id) do update set
      path = excluded.path, inode = excluded.inode, position = excluded.position, sum = excluded.sum,
      head_sum = excluded.head_sum, finished = excluded.finished, archive = excluded.archive`,
    parameters: [source, row.id, row.path, row.inode, row.position, row.sum, row.head_sum, row.finished, row.archive],
  }
}

/** The oldest of those that are finished, beyond the bound. */
export function forgetFinished(source: string): ControlStatement {
  return {
    sql: `delete from log_file where source = ? and finished = 1 and id not in
      (select id from log_file where source = ? and finished = 1 order by id desc limit ${FINISHED_MAX})`,
    parameters: [source, source],
  }
}

/** Whether a file that begins so could be the one that was read so far. */
export function beginsLike({ position, head_sum }: Pick<LogFileRow, 'position' | 'head_sum'>, head: Uint8Array): boolean {
  const length = Math.min(HEAD_BYTES, position)
  return head.length >= length && crc32(head.subarray(0, length)) === head_sum
}
