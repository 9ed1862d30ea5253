/**
 * The rows that a table had by its last file, in the control table `file_table_row`, so that the next file can be
 * told from it without either being in memory. A file's rows are written under its own generation while it is
 * read; the commit that shows what differs makes that generation the table's (law 1).
 */
import type { ControlStatement, ControlValue, LogReader } from '@millrace/core'

export interface TableRow {
  readonly key: string
  /** Its values as JSON; null where the file had a row of that key which could not be read. */
  readonly row: string | null
}

export const CREATE_TABLE_ROWS: readonly ControlStatement[] = [
  {
    sql: `create table if not exists file_table_row (
      stream text not null,
      key_text text not null,
      generation bigint not null,
      row_text text,
      primary key (stream, key_text, generation)
    )`,
    parameters: [],
  },
]

/** Rows in one statement, and keys in one query. */
const ROWS_AT_ONCE = 100

type Columns = Record<string, ControlValue> & { readonly key_text: string; readonly row_text: string | null }

export class TableRows {
  readonly #stream: string
  readonly #reader: LogReader

  constructor(stream: string, reader: LogReader) {
    this.#stream = stream
    this.#reader = reader
  }

  /** Those of a generation that are there, by key. */
  find(generation: number, keys: readonly string[]): Map<string, string | null> {
    const found = new Map<string, string | null>()
    for (let at = 0; at < keys.length; at += ROWS_AT_ONCE) {
      const some = keys.slice(at, at + ROWS_AT_ONCE)
      const sql = `select key_text, row_text from file_table_row where stream = ? and generation = ? and key_text in (${marks(some.length)})`
      for (const row of this.#reader.control<Columns>(sql, [this.#stream, generation, ...some])) found.set(row.key_text, row.row_text)
    }
    return found
  }

  /** Rows of one generation that another lacks, in the order of keys, after one of them. */
  missing(generations: { readonly from: number; readonly lackedBy: number }, afterKey: string, limit: number): readonly TableRow[] {
    const sql = `select key_text, row_text from file_table_row a where stream = ? and generation = ? and key_text > ? and not exists
      (select 1 from file_table_row b where b.stream = a.stream and b.key_text = a.key_text and b.generation = ?)
      order by key_text limit ?`
    const rows = this.#reader.control<Columns>(sql, [this.#stream, generations.from, afterKey, generations.lackedBy, limit])
    return rows.map((row) => ({ key: row.key_text, row: row.row_text }))
  }

  write(generation: number, rows: readonly TableRow[]): ControlStatement[] {
    const statements: ControlStatement[] = []
    for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) {
      const some = rows.slice(at, at + ROWS_AT_ONCE)
      const values = some.map(() => '(?, ?, ?, ?)').join(', ')
      statements.push({
        sql: `insert into file_table_row (stream, key_text, generation, row_text) values ${values}`,
        parameters: some.flatMap(({ key, row }) => [this.#stream, key, generation, row]),
      })
    }
    return statements
  }

  keepOnly(generation: number): ControlStatement {
    return { sql: 'delete from file_table_row where stream = ? and generation <> ?', parameters: [this.#stream, generation] }
  }
}

function marks(count: number): string {
  return Array.from({ length: count }, () => '?').join(', ')
}
