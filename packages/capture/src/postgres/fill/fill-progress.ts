/** How far the fills are, for people. */
import type { Clock } from '@millrace/base'

export interface FillState {
  readonly stream: string
  readonly mode: string
  readonly rows: number
  /** What the server's planner believes there are. */
  readonly rowsEstimate: number
  readonly ended: boolean
}

export class FillProgress {
  readonly #clock: Clock
  readonly #tables = new Map<string, { mode: string; rows: number; rowsEstimate: number; ended: boolean }>()
  #beganMs: number | null = null
  #rowsSinceBegin = 0
  /** Rows that were read again because an earlier reading was cut short. */
  error: string | null = null

  constructor(clock: Clock) {
    this.#clock = clock
  }

  expect(stream: string, { mode, rows, rowsEstimate }: { mode: string; rows: number; rowsEstimate: number }): void {
    this.#beganMs ??= this.#clock.monotonicMs()
    this.#tables.set(stream, { mode, rows, rowsEstimate, ended: false })
  }

  add(stream: string, rows: number): void {
    const table = this.#tables.get(stream)
    if (table !== undefined) table.rows += rows
    this.#rowsSinceBegin += rows
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
    return table === undefined ? null : { stream, ...table }
  }

  /** Null where nothing is being filled. */
  evidence(): Readonly<Record<string, string | number | null>> {
    const running = Array.from(this.#tables.entries()).filter(([, { ended }]) => !ended)
    if (running.length === 0) return { fillTables: 0 }
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
