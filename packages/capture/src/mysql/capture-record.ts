/** What capture knows of itself, written where things happen and read by `observe` (law 6). */
import type { Clock, MillraceError } from '@millrace/base'
import type { StageObservation, StagePhase } from '@millrace/core'

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
  stoppedTables: readonly string[] = []
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
      error: this.error,
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
        stoppedTables: this.stoppedTables.join(', '),
        preparedTransactions: this.prepared,
        zeroDates: this.zeroDates,
        reconnects: this.reconnects,
        rebuilds: this.rebuilds,
      },
    }
  }

  /** Of what waits here, else of the newest that arrived. MariaDB tells whole seconds: the lag is at least this. */
  #lagMs(nowMs: number): number | null {
    if (this.phase !== 'running') return null
    return this.unsavedSinceMs === null ? this.lastLagMs : Math.max(0, nowMs - this.unsavedSinceMs, this.lastLagMs ?? 0)
  }
}
