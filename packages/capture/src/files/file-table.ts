/**
 * What a source knows of each object, in the control table `file_version`: one row an object, its newest
 * version. Rows move in the same commit as the changes that they tell of (law 1). So what is done is known for
 * every object there ever was, and no poll holds more than a page of them.
 *
 * - `settling`: seen, and perhaps still being written.
 * - `waiting`: to be read, in the order of `modified_us` and name, not before `due_ms`.
 * - `done`: its rows are in the log; `done_version`, `done_size` and `digest` stay when a newer version waits.
 * - `parked`: it could not be read as a whole.
 */
import type { ControlStatement, ControlValue, LogReader } from '@millrace/core'
import type { ListedObject } from './object/object-store.ts'

export type FileStatus = 'settling' | 'waiting' | 'done' | 'parked'

export interface FileRow {
  readonly object: string
  /** The declaration that it belongs to. */
  readonly declared: string
  readonly status: FileStatus
  readonly version: string
  readonly size: number
  readonly modified_us: number
  readonly found_ms: number
  readonly due_ms: number
  readonly done_version: string | null
  readonly done_size: number | null
  /** SHA-256 of the bytes that were read last, as they are stored. */
  readonly digest: string | null
  /** Of the declaration that could not read it: another one may. */
  readonly declaration: string | null
}

export function objectOf({ object, size, modified_us, version }: FileRow): ListedObject {
  return { key: object, size, modifiedMicros: modified_us, version }
}

type Columns = Record<string, ControlValue>

const TABLES = [
  `create table if not exists file_version (
    source text not null,
    object text not null,
    declared text not null,
    status text not null,
    version text not null,
    size bigint not null,
    modified_us bigint not null,
    found_ms double precision not null,
    due_ms double precision not null,
    done_version text,
    done_size bigint,
    digest text,
    transaction_number bigint,
    records bigint,
    bad_records bigint,
    settled_ms double precision,
    code text,
    reason text,
    declaration text,
    primary key (source, object)
  )`,
  'create index if not exists file_version_order on file_version (source, status, modified_us, object)',
]

export const CREATE_FILE_TABLE: readonly ControlStatement[] = TABLES.map((sql) => ({ sql, parameters: [] }))

const FIELDS = 'object, declared, status, version, size, modified_us, found_ms, due_ms, done_version, done_size, digest, declaration'
/** Names in one query. */
const KEYS_AT_ONCE = 500

export interface FileCounts {
  readonly waiting: number
  readonly waitingBytes: number
  readonly oldestWaitingMs: number | null
  readonly settling: number
  readonly parked: number
  readonly done: number
}

export class FileTable {
  readonly #source: string
  readonly #reader: LogReader

  constructor(source: string, reader: LogReader) {
    this.#source = source
    this.#reader = reader
  }

  find(keys: readonly string[]): Map<string, FileRow> {
    const found = new Map<string, FileRow>()
    for (let at = 0; at < keys.length; at += KEYS_AT_ONCE) {
      const some = keys.slice(at, at + KEYS_AT_ONCE)
      const marks = some.map(() => '?').join(', ')
      for (const row of this.#rows(`and object in (${marks})`, some)) found.set(row.object, row)
    }
    return found
  }

  /** The next to be read; the first of them is read first. */
  waiting(nowMs: number, limit: number): readonly FileRow[] {
    return this.#rows(`and status = 'waiting' and due_ms <= ? order by modified_us, object limit ?`, [nowMs, limit])
  }

  /** Those that settle and were found before, some at a time. */
  settlingSince(beforeMs: number, limit: number): readonly FileRow[] {
    return this.#rows(`and status = 'settling' and found_ms < ? limit ?`, [beforeMs, limit])
  }

  /** When the first of those that settle was found; null where none does. */
  oldestSettlingMs(): number | null {
    const sql = `select min(found_ms) as found from file_version where source = ? and status = 'settling'`
    return this.#reader.control<{ found: number | null }>(sql, [this.#source])[0]?.found ?? null
  }

  /** When the first of those that wait for a time may be read; null where none waits for one. */
  nextDueMs(nowMs: number): number | null {
    const [row] = this.#reader.control<{ due: number | null }>(
      `select min(due_ms) as due from file_version where source = ? and status = 'waiting' and due_ms > ?`,
      [this.#source, nowMs],
    )
    return row?.due ?? null
  }

  counts(): FileCounts {
    const rows = this.#reader.control<{ status: string; files: number; bytes: number | null; oldest: number | null }>(
      'select status, count(*) as files, sum(size) as bytes, min(found_ms) as oldest from file_version where source = ? group by status',
      [this.#source],
    )
    const of = (status: FileStatus): { files: number; bytes: number; oldest: number | null } => {
      const row = rows.find((each) => each.status === status)
      return { files: row?.files ?? 0, bytes: row?.bytes ?? 0, oldest: row?.oldest ?? null }
    }
    const waiting = of('waiting')
    return {
      waiting: waiting.files,
      waitingBytes: waiting.bytes,
      oldestWaitingMs: waiting.oldest,
      settling: of('settling').files,
      parked: of('parked').files,
      done: of('done').files,
    }
  }

  /** A version that was not known. What is known of the one before stays. */
  found(object: ListedObject, declared: string, status: FileStatus, nowMs: number): ControlStatement {
    const { key, version, size, modifiedMicros } = object
    return {
      sql: `insert into file_version (source, object, declared, status, version, size, modified_us, found_ms, due_ms)
        values (?, ?, ?, ?, ?, ?, ?, ?, 0) on conflict (source, object) do update set declared = excluded.declared,
        status = excluded.status, version = excluded.version, size = excluded.size, modified_us = excluded.modified_us,
        found_ms = excluded.found_ms, due_ms = 0, code = null, reason = null, declaration = null`,
      parameters: [this.#source, key, declared, status, version, size, modifiedMicros, nowMs],
    }
  }

  rested({ object }: FileRow): ControlStatement {
    return this.#update(object, `status = 'waiting', due_ms = 0`, [])
  }

  heldBack({ object }: FileRow, why: { dueMs: number; code: string; reason: string }): ControlStatement {
    return this.#update(object, 'due_ms = ?, code = ?, reason = ?', [why.dueMs, why.code, why.reason])
  }

  done(
    { object, version, size }: FileRow,
    done: { transaction: number; records: number; bad: number; digest: string; atMs: number },
  ): ControlStatement {
    const set = `status = 'done', done_version = ?, done_size = ?, digest = ?, transaction_number = ?, records = ?, bad_records = ?,
      settled_ms = ?, code = null, reason = null, declaration = null`
    return this.#update(object, set, [version, size, done.digest, done.transaction, done.records, done.bad, done.atMs])
  }

  /** The bytes are those that were read before: the version is another, its rows are not. */
  unchanged({ object, version }: FileRow): ControlStatement {
    return this.#update(object, `status = 'done', done_version = ?`, [version])
  }

  parked(
    { object }: FileRow,
    why: { transaction: number; code: string; reason: string; declaration: string; atMs: number },
  ): ControlStatement {
    const set = `status = 'parked', transaction_number = ?, code = ?, reason = ?, declaration = ?, settled_ms = ?`
    return this.#update(object, set, [why.transaction, why.code, why.reason, why.declaration, why.atMs])
  }

  /** It is not there any more, and was never read; what was read of it before stays known. */
  gone({ object, done_version }: FileRow): ControlStatement {
    if (done_version !== null) return this.#update(object, `status = 'done', version = done_version, size = done_size`, [])
    return { sql: 'delete from file_version where source = ? and object = ?', parameters: [this.#source, object] }
  }

  #update(object: string, set: string, parameters: readonly ControlValue[]): ControlStatement {
    return { sql: `update file_version set ${set} where source = ? and object = ?`, parameters: [...parameters, this.#source, object] }
  }

  #rows(condition: string, parameters: readonly ControlValue[]): FileRow[] {
    const sql = `select ${FIELDS} from file_version where source = ? ${condition}`
    return this.#reader.control<Columns>(sql, [this.#source, ...parameters]) as unknown as FileRow[]
  }
}
