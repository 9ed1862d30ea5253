/** One case of the fuzzer: tables, queries over them, and a history that is cut into steps. */
import type { StateMemoryOptions } from '../spill/state-memory.ts'
import type { WatermarkedTable } from './on-time-changes.ts'
import type { RowChange } from './shop-log.ts'

export interface CaseQuery {
  readonly name: string
  readonly sql: string
}

/**
 * What becomes of the runner in a step: nothing, or it stops and starts after the step, or it is killed at
 * its first commit of the step, before or after that is durable, and the store is opened again.
 */
export const FATES = ['goes on', 'restarts', 'is killed before a commit', 'is killed after a commit'] as const
export type Fate = (typeof FATES)[number]

export interface LiveStep {
  /** Each is one commit of the source; the runner may take several at once. */
  readonly transactions: readonly (readonly RowChange[])[]
  readonly runner: Fate
}

export interface LiveCase {
  readonly tables: readonly WatermarkedTable[]
  /** A later one may read an earlier one. */
  readonly queries: readonly CaseQuery[]
  readonly steps: readonly LiveStep[]
  /** How much memory the models' state may take; no limit where it is not said. */
  readonly memory?: StateMemoryOptions
}
