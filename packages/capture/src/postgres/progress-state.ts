/**
 * What capture keeps beside `SourceProgress.transaction`. It moves in the same commit as the changes.
 *
 * Law of this file: the server is never told of a position beyond the `position` that is stored here. So a
 * slot that stands further on was moved or made anew by somebody else, and that is found for certain.
 */
import type { SourceProgress } from '@millrace/core'

export interface ProgressState {
  readonly slot: string
  readonly publication: string
  /** Which database cluster it was; a restored copy or another server has another. */
  readonly systemId: string
  /** Which of its lives: a promoted standby, or a restored copy, begins another. Null in stores of before. */
  readonly timeline: number | null
  /** Added to this server's positions in the log's transactions, which must never decrease, whichever server it was. */
  readonly offset: number
  /** Everything before this position of the write-ahead log is in the log; the stream resumes here. */
  readonly position: number
  /** The streams whose rows were all read. */
  readonly streams: readonly string[]
}

export function stateOf(progress: SourceProgress): ProgressState {
  const { slot, publication, systemId, timeline, offset, position, streams } = progress.state
  return {
    slot: String(slot),
    publication: String(publication),
    systemId: String(systemId),
    timeline: typeof timeline === 'number' ? timeline : null,
    offset: typeof offset === 'number' ? offset : 0,
    position: Number(position),
    streams: Array.isArray(streams) ? streams.map(String) : [],
  }
}

export function progressOf(source: string, transaction: number, state: ProgressState): SourceProgress {
  return { source, transaction, state: { ...state } }
}
