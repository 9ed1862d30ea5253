/**
 * One case that broke somebody (numbers as in the drill's list), injected and survived. `npm run drill --
 * capture` and the test beside it run the same cases.
 */
import type { Postgres } from '@millrace/testing'

export interface CaseGround {
  /** A running server of this drill's own. Make databases of your own in it and leave no slot behind. */
  readonly postgres: Postgres
  /** A second server, started when it is first asked for: to be stopped, restarted, filled or lost. */
  readonly another: () => Promise<Postgres>
  /** An empty folder, removed afterwards. */
  readonly folder: string
  readonly signal: AbortSignal
}

export interface DrillCase {
  /** 1 to 15. */
  readonly number: number
  /** A sentence that would be true of any implementation that survives it. */
  readonly name: string
  readonly needs: 'postgres' | 'mariadb'
  /** Rejects, saying what was seen and what was expected, where the case was not survived; else tells its evidence. */
  run(ground: CaseGround): Promise<Readonly<Record<string, string | number | boolean>>>
}
