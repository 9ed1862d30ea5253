/** How far the fills are, for people. */
import type { Clock } from '@millrace/base'

export interface FillState {
  readonly stream: string
  readonly mode: string
  readonly rows: number
  /** What the server's planner believes there are. */
  readonly rowsEstimate: number
  /** Of the rows read, and of those that are gone: what the log did not have just so. */
  readonly told: number
  readonly ended: boolean
  /** Why the last attempt was cut short; it is made again. */
  readonly error: string | null
  /** It was given up: `error` tells why. */
  readonly failed: boolean
}

export class FillProgress {
  readonly #clock: Clock
  readonly #tables = new Map<
    string,
    { mode: string; rows: number; rowsEstimate: number; told: number; ended: boolean; failure: string | null }
  >()
  #beganMs: number | null = null
  #rowsSinceBegin = 0
  /** Why the last attempt was cut short. */
  error: string | null = null

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A new fill of the stream: what an earlier one told is past. */
  begin(stream: string, mode: string): void {
    this.#tables.delete(stream)
    this.expect(stream, { mode, rows: 0, rowsEstimate: 0 })
  }

  expect(stream: string, { mode, rows, rowsEstimate }: { mode: string; rows: number; rowsEstimate: number }): void {
    this.#beganMs ??= this.#clock.monotonicMs()
    this.#tables.set(stream, { mode, rows, rowsEstimate, told: this.#tables.get(stream)?.told ?? 0, ended: false, failure: null })
  }

  add(stream: string, rows: number): void {
    const table = this.#tables.get(stream)
    if (table !== undefined) table.rows += rows
    this.#rowsSinceBegin += rows
  }

  tell(stream: string, rows: number): void {
    const table = this.#tables.get(stream)
    if (table !== undefined) table.told += rows
  }

  fail(stream: string, why: string): void {
    const table = this.#tables.get(stream)
    if (table !== undefined) table.failure = why
    this.end(stream)
  }

  end(stream: string): void {
    const table = this.#tables.get(stream)
    if (table !== undefined) table.ended = true
    if ([...this.#tables.values()].every(({ ended }) => ended)) {
      this.#beganMs = null
      this.#rowsSinceBegin = 0
    }
  }

  of(stream: string): FillState | null {
    const table = this.#tables.get(stream)
    if (table === undefined) return null
    const { failure, ...rest } = table
    return { stream, ...rest, failed: failure !== null, error: failure ?? this.error }
  }

  /** Null where nothing is being filled. */
  evidence(): Readonly<Record<string, string | number | null>> {
    const running = Array.from(this.#tables.entries()).filter(([, { ended }]) => !ended)
    if (running.length === 0) return { fillTables: 0, fillError: null }
    const rows = running.reduce((sum, [, table]) => sum + table.rows, 0)
    const rowsEstimate = running.reduce((sum, [, table]) => sum + Math.max(table.rows, table.rowsEstimate), 0)
    const elapsedMs = this.#beganMs === null ? 0 : this.#clock.monotonicMs() - this.#beganMs
    const rowsPerSecond = elapsedMs < 1 ? 0 : (this.#rowsSinceBegin / elapsedMs) * 1000
    return {
      fillTables: running.length,
      fillRows: rows,
      fillRowsEstimate: rowsEstimate,
      fillRowsPerSecond: Math.round(rowsPerSecond),
      fillSecondsLeft: rowsPerSecond === 0 ? null : Math.round((rowsEstimate - rows) / rowsPerSecond),
      fillError: this.error,
    }
  }
}
