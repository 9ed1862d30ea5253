/** What a run was forecast to take when it began, and when it is forecast to end by now. */
import type { DatabaseSync } from 'node:sqlite'

export interface ForecastRecord {
  readonly run: number
  readonly workers: number
  /** Told when the run began. */
  readonly predictedSeconds: number
  /** When the run is to have ended; null where nobody said. */
  readonly deadlineMs: number | null
  /** When it will end, as was known last. */
  readonly expectedMs: number
  /** Models that had never run, so that nothing was known of them. */
  readonly unknown: number
}

export const FORECASTS_SCHEMA = `
CREATE TABLE IF NOT EXISTS forecasts (
  run INTEGER PRIMARY KEY,
  workers INTEGER NOT NULL,
  predicted_seconds REAL NOT NULL,
  deadline_ms REAL,
  expected_ms REAL NOT NULL,
  unknown INTEGER NOT NULL
) STRICT;
`

export class ForecastMemory {
  readonly #database: DatabaseSync

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  begin({ run, workers, predictedSeconds, deadlineMs, expectedMs, unknown }: ForecastRecord): void {
    const insert = 'INSERT OR REPLACE INTO forecasts VALUES (?, ?, ?, ?, ?, ?)'
    this.#database.prepare(insert).run(run, workers, predictedSeconds, deadlineMs, expectedMs, unknown)
  }

  expect(run: number, expectedMs: number): void {
    this.#database.prepare('UPDATE forecasts SET expected_ms = ? WHERE run = ?').run(expectedMs, run)
  }

  /** Null where the run was made before forecasts were. */
  of(run: number): ForecastRecord | null {
    const row = this.#database.prepare('SELECT * FROM forecasts WHERE run = ?').get(run)
    if (row === undefined) return null
    return {
      run,
      workers: Number(row['workers']),
      predictedSeconds: Number(row['predicted_seconds']),
      deadlineMs: row['deadline_ms'] === null ? null : Number(row['deadline_ms']),
      expectedMs: Number(row['expected_ms']),
      unknown: Number(row['unknown']),
    }
  }
}
