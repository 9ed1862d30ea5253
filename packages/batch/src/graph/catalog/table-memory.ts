/** What tables of servers held when they were last read whole, and by what it is seen that they were not written to since. */
import type { DatabaseSync } from 'node:sqlite'

export interface KnownTable {
  /** As the engine writes it: while it is the same, so are the rows. */
  readonly mark: string
  readonly content: string
  readonly rows: number
}

/** Of one engine. */
export interface TableMemory {
  find(relation: string): KnownTable | null
  add(relation: string, known: KnownTable): void
}

export const TABLES_SCHEMA = `
CREATE TABLE IF NOT EXISTS server_tables (
  engine TEXT NOT NULL,
  relation TEXT NOT NULL,
  mark TEXT NOT NULL,
  content TEXT NOT NULL,
  rows INTEGER NOT NULL,
  PRIMARY KEY (engine, relation)
) STRICT, WITHOUT ROWID;
`

export function tableMemory(database: DatabaseSync, engine: string): TableMemory {
  return {
    find: (relation) => {
      const row = database.prepare('SELECT mark, content, rows FROM server_tables WHERE engine = ? AND relation = ?').get(engine, relation)
      return row === undefined ? null : { mark: String(row['mark']), content: String(row['content']), rows: Number(row['rows']) }
    },
    add: (relation, { mark, content, rows }) => {
      database.prepare('INSERT OR REPLACE INTO server_tables VALUES (?, ?, ?, ?, ?)').run(engine, relation, mark, content, rows)
    },
  }
}
