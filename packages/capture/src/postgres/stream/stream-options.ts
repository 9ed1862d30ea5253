/** What a stream is given, and how it may end. */
import type { Clock } from '@millrace/base'
import type { LogWriter, StreamDefinition } from '@millrace/core'
import type { CaptureRecord } from '../capture-record.ts'
import type { Connection, Query } from '../connect.ts'
import type { FillRouter } from '../fill/fill-router.ts'
import type { PendingChanges } from '../pending-changes.ts'
import type { Relation } from '../pgoutput/relation.ts'
import type { ProgressState } from '../progress-state.ts'
import type { TableFeed } from '../table-feed.ts'
import type { StreamingChoice } from './streaming-choice.ts'

export interface BoundRelation {
  readonly feed: TableFeed | null
  /** The stream's new shape, where the relation brings one. */
  readonly definition: StreamDefinition | null
}

export interface BindOptions {
  /** Where the feed is to put its changes. */
  readonly pending: PendingChanges
  /** Puts what is pending out of the way, before rows of a new shape follow. */
  readonly settle: () => Promise<void>
  /** The relation is told within a transaction that is not committed: nothing that lasts may follow from it. */
  readonly inProgress: boolean
}

export interface StreamOptions {
  readonly source: string
  readonly replication: Connection
  /** Of the control connection. */
  readonly query: Query
  readonly pending: PendingChanges
  readonly writer: LogWriter
  readonly clock: Clock
  readonly record: CaptureRecord
  readonly state: ProgressState
  /** Of the server. */
  readonly version: number
  readonly streaming: StreamingChoice
  readonly fills?: FillRouter
  /** So long may the server say nothing, though asked. */
  readonly silenceMsMax: number
  /** The last transaction that is in the log. */
  readonly transaction: number
  /**
   * Finds the table of a relation; asks the catalog where its shape is new. `uncommitted`, where it is told
   * `inProgress`: its shape is not the log's, so its transaction must be read as a whole.
   */
  readonly bindRelation: (relation: Relation, options: BindOptions) => Promise<BoundRelation | 'uncommitted'>
}

/** `again`: nothing is wrong, but a session must begin anew, because streaming is to be switched. */
export type StreamEnd = 'stopped' | 'again'
