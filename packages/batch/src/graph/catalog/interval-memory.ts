/** What was computed for each interval of a model, found again by what it means and what it read. */
import type { DatabaseSync } from 'node:sqlite'

export interface IntervalRows {
  readonly key: string
  /** Null where the interval has no rows. */
  readonly file: string | null
  readonly rows: number
  readonly bytes: number
}

export class IntervalMemory {
  readonly #database: DatabaseSync

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  find(model: string, key: string): IntervalRows | null {
    return rowsOf(this.#database.prepare('SELECT * FROM intervals WHERE model = ? AND key = ?').get(model, key))
  }

  ofFile(model: string, file: string): IntervalRows | null {
    return rowsOf(this.#database.prepare('SELECT * FROM intervals WHERE model = ? AND file = ?').get(model, file))
  }

  /** The rows as they are known from now on: another run may have been first. The file is whole and synced. */
  add(model: string, made: IntervalRows, nowMs: number): IntervalRows {
    const insert = 'INSERT INTO intervals (model, key, file, rows, bytes, created_ms) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING'
    this.#database.prepare(insert).run(model, made.key, made.file, made.rows, made.bytes, nowMs)
    return this.find(model, made.key) ?? made
  }

  /** Forgets what no version names and was made before; tells the files. */
  forget(named: ReadonlySet<string>, madeBeforeMs: number): string[] {
    const old = this.#database.prepare('SELECT model, key, file FROM intervals WHERE created_ms < ?').all(madeBeforeMs)
    const remove = this.#database.prepare('DELETE FROM intervals WHERE model = ? AND key = ?')
    const gone = old.filter(({ file }) => file === null || !named.has(String(file)))
    for (const { model, key } of gone) remove.run(model as string, key as string)
    return gone.flatMap(({ file }) => (file === null ? [] : [String(file)]))
  }

  files(): string[] {
    return this.#database
      .prepare('SELECT file FROM intervals WHERE file IS NOT NULL')
      .all()
      .map(({ file }) => String(file))
  }
}

function rowsOf(row: Readonly<Record<string, unknown>> | undefined): IntervalRows | null {
  if (row === undefined) return null
  const { key, file, rows, bytes } = row
  return { key: String(key), file: file === null ? null : String(file), rows: Number(rows), bytes: Number(bytes) }
}
