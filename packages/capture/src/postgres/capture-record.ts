/** What capture knows of itself, written where things happen and read by `observe` (law 6). */
import type { Clock, MillraceError } from '@millrace/base'
import type { StageObservation, StagePhase } from '@millrace/core'
import { positionToText } from './position.ts'

export class CaptureRecord {
  phase: StagePhase = 'starting'
  error: MillraceError | null = null
  changes = 0
  snapshotRows = 0
  transactions = 0
  reconnects = 0
  lastChangeMs: number | null = null
  lastContactMs: number | null = null
  lastHeartbeatMs: number | null = null
  /** Wall time at which a heartbeat was written that has not come back yet. */
  heartbeatSentMs: number | null = null
  /** Why heartbeats cannot be written, where they cannot. */
  heartbeatRefused: string | null = null
  /** Commit time of the oldest change that is not durable here yet. */
  unsavedSinceMs: number | null = null
  /** From the source's commit to durable here, for the newest change. */
  lastLagMs: number | null = null
  acknowledged = 0
  serverPosition = 0
  walKeptBytes: number | null = null
  walSafeBytes: number | null = null
  slot = ''
  publication = ''
  tables = 0

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
        slot: this.slot,
        publication: this.publication,
        tables: this.tables,
        position: positionToText(this.acknowledged),
        serverPosition: positionToText(this.serverPosition),
        behindBytes: Math.max(0, this.serverPosition - this.acknowledged),
        walKeptBytes: this.walKeptBytes,
        walSafeBytes: this.walSafeBytes,
        lastHeartbeatMs: this.lastHeartbeatMs,
        heartbeatRefused: this.heartbeatRefused,
        transactions: this.transactions,
        snapshotRows: this.snapshotRows,
        reconnects: this.reconnects,
      },
    }
  }

  /** Of what waits here, or of a heartbeat that is still on its way; else of the newest that arrived. */
  #lagMs(nowMs: number): number | null {
    if (this.phase !== 'running') return null
    const waiting = [this.unsavedSinceMs, this.heartbeatSentMs].filter((since) => since !== null).map((since) => nowMs - since)
    return waiting.length === 0 ? this.lastLagMs : Math.max(...waiting, this.lastLagMs ?? 0)
  }
}
