/** What a follower of a binlog stands on. */
import type { Clock } from '@millrace/base'
import type { CaptureRecord } from './capture-record.ts'
import type { NameCase } from './name-case.ts'
import type { PendingChanges } from './pending-changes.ts'
import type { ProgressState } from './progress-state.ts'
import type { TableBinder } from './table-binder.ts'
import type { TransactionLog } from './transaction-log.ts'

export interface FollowerOptions {
  readonly source: string
  readonly database: string
  readonly isChecked: boolean
  readonly pending: PendingChanges
  readonly log: TransactionLog
  readonly binder: TableBinder
  readonly clock: Clock
  readonly record: CaptureRecord
  readonly state: ProgressState
  readonly isWanted: (table: string) => boolean
  readonly names: NameCase
  /** Setting `explicit_defaults_for_timestamp` of the server, the other way round. */
  readonly isTimestampFilled: boolean
  /** Rows that change by a foreign key have events of their own. */
  readonly areCascadesLogged: boolean
  /** The first group is one that is in the log already; its likeness proves that this server shares our history. */
  readonly isProofWanted: boolean
  /** Groups that were found to have no end, by `file:position`. */
  readonly incomplete: ReadonlySet<string>
}
