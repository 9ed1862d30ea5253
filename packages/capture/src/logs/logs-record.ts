/** What a source of logs knows of itself, written where things happen and read by `observe` (law 6). */
import type { Clock, MillraceError } from '@millrace/base'
import type { StageObservation, StagePhase } from '@millrace/core'

export class LogsRecord {
  phase: StagePhase = 'starting'
  error: MillraceError | null = null
  changes = 0
  parked = 0
  lastChangeMs: number | null = null
  lastLookMs: number | null = null
  files = 0
  rotated = 0
  bytesBehind: number | null = null
  /** Held back because a line has no end yet, or a record may still go on. */
  filesHolding = 0
  newestFile: string | null = null
  newestFileMs: number | null = null
  lost = 0
  damaged = 0

  observe(name: string, clock: Clock): StageObservation {
    const isBehind = (this.bytesBehind ?? 0) > 0
    return {
      kind: 'source',
      name,
      phase: this.phase,
      changes: this.changes,
      lastChangeMs: this.lastChangeMs,
      lastContactMs: this.lastLookMs,
      lagMs: this.phase !== 'running' || this.newestFileMs === null ? null : isBehind ? Math.max(0, clock.nowMs() - this.newestFileMs) : 0,
      backlog: this.bytesBehind === null ? null : isBehind ? 1 : 0,
      error: this.error,
      evidence: {
        files: this.files,
        filesRotated: this.rotated,
        bytesBehind: this.bytesBehind,
        filesHolding: this.filesHolding,
        newestFile: this.newestFile,
        newestFileMs: this.newestFileMs,
        lastLookMs: this.lastLookMs,
        recordsParked: this.parked,
        filesLost: this.lost,
        filesDamaged: this.damaged,
      },
    }
  }
}
