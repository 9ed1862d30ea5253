/** How far the runner is behind its inputs, and what a step costs: plain evidence for the observer. */
import type { Clock } from '@millrace/base'
import type { LogReader, StoredBatch } from '@millrace/core'

/** Counting what waits reads the log's catalogue: not more often than this, while anything waits. */
const BACKLOG_AGE_MS_LIMIT = 500

export class StepMeter {
  readonly #reader: LogReader
  readonly #clock: Clock
  /** Per stream and partition the position after the last change taken. */
  readonly #positions = new Map<string, Map<number, number>>()
  #newestCommitMs: number | null = null
  #backlog: { atMs: number; changes: number | null } = { atMs: 0, changes: null }
  stepMsMax = 0
  steps = 0
  changesTaken = 0

  constructor(reader: LogReader, clock: Clock) {
    this.#reader = reader
    this.#clock = clock
  }

  /** The oldest commit time among the batches, in microseconds; the newest is kept for the lag. */
  took(batches: readonly StoredBatch[], tookMs: number): void {
    this.steps += 1
    this.stepMsMax = Math.max(this.stepMsMax, tookMs)
    for (const stored of batches) {
      this.changesTaken += stored.count
      const positions = this.#positions.get(stored.stream) ?? new Map<number, number>()
      this.#positions.set(stored.stream, positions.set(stored.partition, stored.first + stored.count))
      this.#newestCommitMs = Math.max(this.#newestCommitMs ?? 0, stored.committedMs)
    }
  }

  /** Milliseconds since the newest change that was taken was committed; 0 where nothing waits. */
  lagMs(waiting: boolean): number | null {
    if (!waiting) return 0
    return this.#newestCommitMs === null ? null : Math.max(0, this.#clock.nowMs() - this.#newestCommitMs)
  }

  /** Changes that wait in the streams that were read so far; null where it is not known. */
  backlog(waiting: boolean): number | null {
    if (!waiting) return 0
    const nowMs = this.#clock.monotonicMs()
    const isOld = nowMs - this.#backlog.atMs >= BACKLOG_AGE_MS_LIMIT
    // That nothing waits is believed of this moment only: whoever waits for the end would go too early.
    if (isOld || this.#backlog.changes === 0) this.#backlog = { atMs: nowMs, changes: this.#count() }
    return this.#backlog.changes
  }

  #count(): number | null {
    let changes = 0
    for (const [stream, positions] of this.#positions) {
      for (const { partition, next } of this.#reader.extents(stream)) changes += Math.max(0, next - (positions.get(partition) ?? 0))
    }
    return this.#positions.size === 0 ? null : changes
  }
}
