/**
 * What each step of each run cost: the history from which the next run is forecast, and what a run is
 * compared with once it ended. Of each model the newest steps are kept.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'

export interface StepRecord {
  readonly run: number
  /** The folded name. */
  readonly model: string
  readonly outcome: 'computed' | 'failed'
  readonly startedMs: number
  readonly seconds: number
  /** What was forecast when the run began; null where the step had never run. */
  readonly predicted: number | null
  /** The rows of all that it read. */
  readonly rowsRead: number
  readonly rows: number
  readonly bytes: number
  /** What DuckDB held at most while it was computed, in memory and on disk, with whatever ran beside it. */
  readonly memory: number
  readonly spilled: number
  readonly attempts: number
  /** Why it failed, or why the attempt before the last one did. */
  readonly problem: string | null
  /** Which steps of the same run it waited for. */
  readonly inputs: readonly string[]
}

/** What a step took once, and how many rows it read for that. */
export type Spent = Pick<StepRecord, 'seconds' | 'rowsRead' | 'rows'>

export const STEPS_SCHEMA = `
CREATE TABLE IF NOT EXISTS steps (
  model TEXT NOT NULL,
  run INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  started_ms REAL NOT NULL,
  seconds REAL NOT NULL,
  predicted REAL,
  rows_read INTEGER NOT NULL,
  rows INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  memory INTEGER NOT NULL,
  spilled INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  problem TEXT,
  inputs TEXT NOT NULL,
  PRIMARY KEY (model, run)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS steps_by_run ON steps (run);
`

/** Of each model. */
const STEPS_KEPT = 20
/** The median of so few forgets quickly what is no longer so. */
const STEPS_COUNTED = 7

export class StepMemory {
  readonly #database: DatabaseSync
  /** Prepared once: a run of thousands of models asks them for each. */
  readonly #add: StatementSync
  readonly #forget: StatementSync
  readonly #spent: StatementSync

  /** The tables are there. */
  constructor(database: DatabaseSync) {
    this.#database = database
    this.#add = database.prepare('INSERT OR REPLACE INTO steps VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
    const old = 'SELECT run FROM steps WHERE model = ? ORDER BY run DESC LIMIT 1 OFFSET ?'
    this.#forget = database.prepare(`DELETE FROM steps WHERE model = ? AND run <= (${old})`)
    const spent = "SELECT seconds, rows_read, rows FROM steps WHERE model = ? AND outcome = 'computed' ORDER BY run DESC LIMIT ?"
    this.#spent = database.prepare(spent)
  }

  add(step: StepRecord): void {
    const { model, run, outcome, startedMs, seconds, predicted, problem } = step
    const costs = [step.rowsRead, step.rows, step.bytes, step.memory, step.spilled, step.attempts]
    this.#add.run(model, run, outcome, startedMs, seconds, predicted, ...costs, problem, JSON.stringify(step.inputs))
    this.#forget.run(model, model, STEPS_KEPT)
  }

  /** In the order in which they began. */
  ofRun(run: number): StepRecord[] {
    return this.#database.prepare('SELECT * FROM steps WHERE run = ? ORDER BY started_ms, model').all(run).map(stepOf)
  }

  /** The newest first. */
  spent(model: string): Spent[] {
    const rows = this.#spent.all(model, STEPS_COUNTED)
    return rows.map((row) => ({ seconds: Number(row['seconds']), rowsRead: Number(row['rows_read']), rows: Number(row['rows']) }))
  }
}

function stepOf(row: Readonly<Record<string, unknown>>): StepRecord {
  const { model, run, outcome, started_ms, seconds, predicted, rows_read, rows, bytes, memory, spilled, attempts, problem, inputs } = row
  return {
    model: String(model),
    run: Number(run),
    outcome: outcome as StepRecord['outcome'],
    startedMs: Number(started_ms),
    seconds: Number(seconds),
    predicted: predicted === null ? null : Number(predicted),
    rowsRead: Number(rows_read),
    rows: Number(rows),
    bytes: Number(bytes),
    memory: Number(memory),
    spilled: Number(spilled),
    attempts: Number(attempts),
    problem: problem === null ? null : String(problem),
    inputs: JSON.parse(String(inputs)) as string[],
  }
}
