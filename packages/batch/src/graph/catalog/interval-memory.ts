/** What was computed for each interval of a model, found again by what it means and what it read. */
import type { DatabaseSync } from 'node:sqlite'

export interface IntervalRows {
  readonly key: string
  /** None where the interval has no rows; several where the model is partitioned. */
  readonly files: readonly string[]
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

  ofFiles(model: string, files: readonly string[]): IntervalRows | null {
    return rowsOf(this.#database.prepare('SELECT * FROM intervals WHERE model = ? AND file = ?').get(model, textOf(files)))
  }

  /** The rows as they are known from now on: another run may have been first. The files are whole and synced. */
  add(model: string, made: IntervalRows, nowMs: number): IntervalRows {
    const insert = 'INSERT INTO intervals (model, key, file, rows, bytes, created_ms) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING'
    this.#database.prepare(insert).run(model, made.key, textOf(made.files), made.rows, made.bytes, nowMs)
    return this.find(model, made.key) ?? made
  }

  /** Forgets what no version names and was made before; tells the files. */
  forget(named: ReadonlySet<string>, madeBeforeMs: number): string[] {
    const old = this.#database.prepare('SELECT model, key, file FROM intervals WHERE created_ms < ?').all(madeBeforeMs)
    const remove = this.#database.prepare('DELETE FROM intervals WHERE model = ? AND key = ?')
    const gone = old.filter(({ file }) => !filesOf(file).some((each) => named.has(each)))
    for (const { model, key } of gone) remove.run(model as string, key as string)
    return gone.flatMap(({ file }) => filesOf(file))
  }

  files(): string[] {
    return this.#database
      .prepare('SELECT file FROM intervals WHERE file IS NOT NULL')
      .all()
      .flatMap(({ file }) => filesOf(file))
  }
}

function rowsOf(row: Readonly<Record<string, unknown>> | undefined): IntervalRows | null {
  if (row === undefined) return null
  const { key, file, rows, bytes } = row
  return { key: String(key), files: filesOf(file), rows: Number(rows), bytes: Number(bytes) }
}

/** One file is its path, several are a JSON list. */
function textOf(files: readonly string[]): string | null {
  return files.length > 1 ? JSON.stringify(files) : (files[0] ?? null)
}

function filesOf(text: unknown): readonly string[] {
  if (typeof text !== 'string') return []
  return text.startsWith('[') ? (JSON.parse(text) as string[]) : [text]
}
