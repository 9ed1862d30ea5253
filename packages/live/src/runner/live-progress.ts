/**
 * What the runner keeps in the store beside the models' streams: the cut that all running models
 * reflect, how far the saved rows of each fold reach, and what each model meant when it was published.
 */
import type { Column, LogReader, SourceProgress, Watermark } from '@millrace/core'

export const PROGRESS_NAME = 'live'

export interface SavedFold {
  readonly columns: readonly Column[]
  readonly key: readonly number[]
  /** What was late, and the greatest time that the stream had told when the rows were saved. */
  readonly watermark?: Watermark & { readonly newest: number | null }
  /** How many rows there were when it was saved. */
  readonly rows: number
  /** The saved rows are the stream's at this cut; what came later is read from the log again. */
  readonly through: number
  /** Per partition the position after the last change that is in the saved rows. */
  readonly positions: readonly (readonly [partition: number, next: number])[]
}

export interface LiveProgress {
  /** The cut that the models reflect; of those that are apart, their own. */
  readonly cut: number
  /** Streams and models that are at another cut at present (lanes.ts). */
  readonly apart?: { readonly cut: number; readonly names: readonly string[] }
  readonly folds: Readonly<Record<string, SavedFold>>
  /** Per published model its fingerprint. */
  readonly models: Readonly<Record<string, string>>
}

export function readProgress(reader: LogReader): LiveProgress {
  const saved = reader.progress(PROGRESS_NAME)
  if (saved === null) return { cut: 0, folds: {}, models: {} }
  const { folds = {}, models = {}, apart } = saved.state as Partial<LiveProgress>
  return { cut: saved.transaction, folds, models, ...(apart === undefined ? {} : { apart }) }
}

export function asSourceProgress({ cut, ...state }: LiveProgress): SourceProgress {
  return { source: PROGRESS_NAME, transaction: cut, state }
}
