/** What capture knows of itself, written where things happen and read by `observe` (law 6). */
import type { Clock, MillraceError } from '@millrace/base'
import type { StageObservation, StagePhase } from '@millrace/core'
import { tableParked } from '../stopped/parked-table.ts'
import { streamName } from './catalog/table.ts'
import type { ProgressState } from './progress-state.ts'

export class CaptureRecord {
  phase: StagePhase = 'starting'
  error: MillraceError | null = null
  server = ''
  changes = 0
  snapshotRows = 0
  transactions = 0
  reconnects = 0
  rebuilds = 0
  lastChangeMs: number | null = null
  lastContactMs: number | null = null
  lastHeartbeatMs: number | null = null
  /** Commit time of the oldest change that is not durable here yet. */
  unsavedSinceMs: number | null = null
  /** From the source's commit to durable here, for the newest change. */
  lastLagMs: number | null = null
  gtid = ''
  serverGtid: string | null = null
  file = ''
  position = 0
  serverFile: string | null = null
  serverPosition: number | null = null
  tables = 0
  stopped: ProgressState['stopped'] = {}
  /** The table that is read anew beside the stream, and what keeps it from being so. */
  filling: string | null = null
  fillError: MillraceError | null = null
  prepared = 0
  zeroDates = 0

  observe(name: string, clock: Clock): StageObservation {
    return {
      kind: 'source',
      name,
      phase: this.phase,
      changes: this.changes,
      lastChangeMs: this.lastChangeMs,
      lastContactMs: this.lastContactMs,
      lagMs: this.#lagMs(clock.nowMs()),
      backlog: null,
      error: this.error ?? this.fillError ?? this.#parkedError(name),
      evidence: {
        server: this.server,
        tables: this.tables,
        gtid: this.gtid,
        serverGtid: this.serverGtid,
        file: this.file,
        position: this.position,
        serverFile: this.serverFile,
        serverPosition: this.serverPosition,
        behindBytes:
          this.serverFile === this.file && this.serverPosition !== null ? Math.max(0, this.serverPosition - this.position) : null,
        lastHeartbeatMs: this.lastHeartbeatMs,
        transactions: this.transactions,
        snapshotRows: this.snapshotRows,
        stoppedTables: Object.keys(this.stopped).join(', '),
        filling: this.filling,
        preparedTransactions: this.prepared,
        zeroDates: this.zeroDates,
        reconnects: this.reconnects,
        rebuilds: this.rebuilds,
      },
    }
  }

  /** Of the first of them. */
  #parkedError(source: string): MillraceError | null {
    const [first] = Object.entries(this.stopped)
    if (first === undefined) return null
    const [table, { why, sinceMs }] = first
    return tableParked({ source, table, stream: streamName(source, table), what: why, sinceMs })
  }

  /** Of what waits here, else of the newest that arrived. MariaDB tells whole seconds: the lag is at least this. */
  #lagMs(nowMs: number): number | null {
    if (this.phase !== 'running') return null
    return this.unsavedSinceMs === null ? this.lastLagMs : Math.max(0, nowMs - this.unsavedSinceMs, this.lastLagMs ?? 0)
  }
}
