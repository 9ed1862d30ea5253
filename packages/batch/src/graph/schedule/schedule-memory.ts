/** What is known of schedules from run to run: since when each is there, and what came of each time that it was due. */
import type { DatabaseSync } from 'node:sqlite'

export type ScheduledStatus = 'running' | 'published' | 'unchanged' | 'failed' | 'stopped'

export interface ScheduledRun {
  readonly schedule: string
  readonly dueMs: number
  readonly deadlineMs: number | null
  readonly startedMs: number
  readonly endedMs: number | null
  readonly status: ScheduledStatus
  /** The run's number; null where nothing had to be computed. */
  readonly run: number | null
  readonly problem: string | null
}

export const SCHEDULES_SCHEMA = `
CREATE TABLE IF NOT EXISTS schedules (
  name TEXT PRIMARY KEY,
  definition TEXT NOT NULL,
  since_ms REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS scheduled (
  schedule TEXT NOT NULL,
  due_ms REAL NOT NULL,
  deadline_ms REAL,
  started_ms REAL NOT NULL,
  ended_ms REAL,
  status TEXT NOT NULL,
  run INTEGER,
  problem TEXT,
  PRIMARY KEY (schedule, due_ms)
) STRICT, WITHOUT ROWID;
`

/** Of each schedule. */
const RUNS_KEPT = 50

export class ScheduleMemory {
  readonly #database: DatabaseSync

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  /** Since when a schedule is as it is: what was due before that was not missed. */
  sinceMs({ name, definition }: { readonly name: string; readonly definition: string }, nowMs: number): number {
    const row = this.#database.prepare('SELECT definition, since_ms FROM schedules WHERE name = ?').get(name)
    if (row?.['definition'] === definition) return Number(row['since_ms'])
    this.#database.prepare('INSERT OR REPLACE INTO schedules VALUES (?, ?, ?)').run(name, definition, nowMs)
    return nowMs
  }

  write({ schedule, dueMs, deadlineMs, startedMs, endedMs, status, run, problem }: ScheduledRun): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO scheduled VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
      .run(schedule, dueMs, deadlineMs, startedMs, endedMs, status, run, problem)
    const old = 'SELECT due_ms FROM scheduled WHERE schedule = ? ORDER BY due_ms DESC LIMIT 1 OFFSET ?'
    this.#database.prepare(`DELETE FROM scheduled WHERE schedule = ? AND due_ms <= (${old})`).run(schedule, schedule, RUNS_KEPT)
  }

  forget({ schedule, dueMs }: Pick<ScheduledRun, 'schedule' | 'dueMs'>): void {
    this.#database.prepare('DELETE FROM scheduled WHERE schedule = ? AND due_ms = ?').run(schedule, dueMs)
  }

  /** The newest first. */
  runs(schedule: string, limit: number): ScheduledRun[] {
    const rows = this.#database.prepare('SELECT * FROM scheduled WHERE schedule = ? ORDER BY due_ms DESC LIMIT ?').all(schedule, limit)
    return rows.map((row) => ({
      schedule,
      dueMs: Number(row['due_ms']),
      deadlineMs: row['deadline_ms'] === null ? null : Number(row['deadline_ms']),
      startedMs: Number(row['started_ms']),
      endedMs: row['ended_ms'] === null ? null : Number(row['ended_ms']),
      status: String(row['status']) as ScheduledStatus,
      run: row['run'] === null ? null : Number(row['run']),
      problem: row['problem'] === null ? null : String(row['problem']),
    }))
  }
}
