/** What a source of files knows of itself, written where things happen and read by `observe` (law 6). */
import type { Clock, MillraceError } from '@millrace/base'
import type { StageObservation, StagePhase } from '@millrace/core'
import type { FileCounts } from './file-table.ts'
import type { Seen } from './look.ts'

export class FilesRecord {
  phase: StagePhase = 'starting'
  error: MillraceError | null = null
  place = ''
  changes = 0
  files = 0
  unchanged = 0
  parkedRecords = 0
  lastChangeMs: number | null = null
  lastLookMs: number | null = null
  lookTookMs: number | null = null
  lastNoticeMs: number | null = null
  notices = 0
  /** Of the queue: when it answered last, what it did not, and messages that were no notices. */
  lastQueueMs: number | null = null
  queueError: MillraceError | null = null
  strangeMessages = 0
  /** Of the version that is being read, how much of it has come. */
  reading: { readonly object: string; readonly size: number; readonly passed: () => number } | null = null
  counts: FileCounts | null = null
  seen: Seen | null = null
  /** From the time at which a version was found to its rows being durable, of the newest one. */
  lastLagMs: number | null = null

  observe(name: string, clock: Clock): StageObservation {
    const { counts, seen, reading } = this
    const oldestMs = counts?.oldestWaitingMs ?? null
    const newest = seen?.newest ?? null
    return {
      kind: 'source',
      name,
      phase: this.phase,
      changes: this.changes,
      lastChangeMs: this.lastChangeMs,
      lastContactMs: this.lastLookMs,
      lagMs: this.phase !== 'running' ? null : oldestMs === null ? this.lastLagMs : clock.nowMs() - oldestMs,
      backlog: counts === null ? null : counts.waiting,
      error: this.error,
      evidence: {
        place: this.place,
        filesThatFit: seen?.fitting ?? null,
        filesWaiting: counts?.waiting ?? null,
        bytesBehind: counts === null ? null : counts.waitingBytes - (reading?.passed() ?? 0),
        filesSettling: counts?.settling ?? null,
        filesUnmarked: seen?.unmarked ?? null,
        filesDone: counts?.done ?? null,
        filesParked: counts?.parked ?? null,
        filesUnchanged: this.unchanged,
        recordsParked: this.parkedRecords,
        reading: reading === null ? null : `${reading.object}: ${reading.passed()} of ${reading.size} bytes`,
        newestFile: newest?.key ?? null,
        newestFileMs: newest === null ? null : newest.modifiedMicros / 1000,
        lastLookMs: this.lastLookMs,
        lookTookMs: this.lookTookMs,
        notices: this.notices,
        lastNoticeMs: this.lastNoticeMs,
        lastQueueMs: this.lastQueueMs,
        queueProblem: this.queueError?.message ?? null,
        queueStrangeMessages: this.strangeMessages,
      },
    }
  }
}
