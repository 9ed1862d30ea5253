/**
 * What a source of files keeps beside `SourceProgress.transaction`. Every version that is read gets the next
 * number as its transaction, stored before anything of it is durable: so its changes have the same identity
 * (law 5) however often it has to be begun.
 */
import type { LogReader, SourceProgress } from '@millrace/core'

export interface FileProgress {
  /** The last version whose rows are wholly in the log. */
  readonly transaction: number
  /** The number that the next version gets. */
  readonly next: number
  /** By stream, the file whose rows are the table, of those that are whole tables. */
  readonly tables: Readonly<Record<string, number>>
  /** A version of which a part is durable, and nothing visible. */
  readonly begun: BegunVersion | null
}

export interface BegunVersion {
  readonly object: string
  readonly version: string
  readonly transaction: number
}

export function readFileProgress(reader: LogReader, source: string): FileProgress {
  const progress = reader.progress(source)
  if (progress === null) return { transaction: 0, next: 1, begun: null, tables: {} }
  const { next, begun, tables } = progress.state
  return {
    transaction: progress.transaction,
    next: Number(next),
    begun: (begun ?? null) as BegunVersion | null,
    tables: (tables ?? {}) as FileProgress['tables'],
  }
}

export function asSourceProgress(source: string, { transaction, next, begun, tables }: FileProgress): SourceProgress {
  return { source, transaction, state: { next, begun, tables } }
}
