/** What capture knows of itself, written where things happen and read by `observe` (law 6). */
import type { Clock, MillraceError } from '@millrace/base'
import type { StageObservation, StagePhase } from '@millrace/core'
import { FillProgress } from './fill/fill-progress.ts'
import { positionToText } from './position.ts'
import { type ParkedTable, tableParked } from '../stopped/parked-table.ts'
import type { WalLook } from './wal/wal-gauge.ts'

/** How many parked tables the evidence names. */
const PARKED_TOLD_MAX = 5

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
  slot = ''
  publication = ''
  tables = 0
  /** Transactions in progress are sent as they go. */
  streaming = false
  streamingFallBacks = 0
  /** Tables whose streams have stopped, while the others flow on. */
  parked: readonly ParkedTable[] = []
  wal: WalLook | null = null
  /** What is to be said while all runs: the slot's limit, for one. */
  warning: MillraceError | null = null

  /** How far the reading of rows is that were there before. */
  readonly fill: FillProgress
  /** The tables with which the stream began are all in view. */
  isWhole = true
  /** How often the slot was lost and all tables were read anew, and what was known the last time. */
  rebuilds = 0
  slotLost: string | null = null

  constructor(clock: Clock) {
    this.fill = new FillProgress(clock)
  }

  /** Told loudly once, and kept among the evidence. */
  lost(problem: MillraceError): void {
    this.rebuilds += 1
    this.slotLost = problem.message
    process.emitWarning(problem.message, { code: problem.code, detail: problem.hint })
  }

  observe(name: string, clock: Clock): StageObservation {
    return {
      kind: 'source',
      name,
      phase: this.phase === 'running' && !this.isWhole ? 'snapshot' : this.phase,
      changes: this.changes,
      lastChangeMs: this.lastChangeMs,
      lastContactMs: this.lastContactMs,
      lagMs: this.#lagMs(clock.nowMs()),
      backlog: null,
      error: this.error ?? this.warning ?? (this.parked[0] === undefined ? null : tableParked(this.parked[0])),
      evidence: {
        slot: this.slot,
        publication: this.publication,
        tables: this.tables,
        position: positionToText(this.acknowledged),
        serverPosition: positionToText(this.serverPosition),
        behindBytes: Math.max(0, this.serverPosition - this.acknowledged),
        walKeptBytes: this.wal?.keptBytes ?? null,
        walBytesPerSecond: this.wal?.bytesPerSecond ?? null,
        walSecondsLeft: this.wal?.secondsLeft ?? null,
        walSafeBytes: this.wal?.safeBytes ?? null,
        tablesParked: this.parked.length,
        parked:
          this.parked.length === 0
            ? null
            : this.parked
                .slice(0, PARKED_TOLD_MAX)
                .map(({ stream, what }) => `${stream}: ${what}`)
                .join('; '),
        lastHeartbeatMs: this.lastHeartbeatMs,
        heartbeatRefused: this.heartbeatRefused,
        transactions: this.transactions,
        snapshotRows: this.snapshotRows,
        ...this.fill.evidence(),
        rebuilds: this.rebuilds,
        slotLost: this.slotLost,
        reconnects: this.reconnects,
        streaming: this.streaming,
        streamingFallBacks: this.streamingFallBacks,
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
