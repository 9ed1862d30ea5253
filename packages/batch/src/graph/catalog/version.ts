import type { GraphColumn } from '../check/checked-graph.ts'
import type { Spent } from './step-record.ts'

/** How a version is read: from files of its own, or as the SQL of a view. */
export type VersionContent =
  | {
      readonly kind: 'files'
      readonly files: readonly string[]
      /** Of a model that is kept by intervals: for each file, its interval; the files of one stand together. */
      readonly intervals?: readonly string[]
    }
  | ServerContent
  | ({ readonly kind: 'view' } & ViewContent)

export interface ServerContent {
  readonly kind: 'server'
  readonly engine: string
  /** In the engine's schema of versions; null for a view, and for a table of the server itself, of which the catalogue only knows what it held. */
  readonly table: string | null
  readonly view?: ViewContent
  /** Of a model that is kept by intervals: each one's first moment, and what it was computed from. */
  readonly intervals?: readonly (readonly [start: string, key: string])[]
}

export interface ViewContent {
  readonly sql: string
  /** Folded names of what it reads. */
  readonly inputs: readonly string[]
}

export interface VersionDraft {
  /** The folded name of the model, stream or seed. */
  readonly model: string
  /** Of equal keys the rows are equal and lie alike: what it means, the rows of all that it read, `#` and its layout. */
  readonly key: string
  readonly fingerprint: string
  readonly content: VersionContent
  readonly columns: readonly GraphColumn[]
  readonly rows: number
  readonly bytes: number
  readonly seconds: number
  /** What DuckDB held at most while it was computed, with whatever ran beside it. */
  readonly memory: number
}

export interface Version extends VersionDraft {
  readonly id: number
  readonly createdMs: number
  readonly run: number
}

export interface VersionHistory {
  find(model: string, key: string): Version | null
  /** The newest version whose key is this one, or this one and what followed it, in any layout. */
  newest(model: string, base: string): Version | null
  /** What the model's last computations took, the newest first. */
  spent(model: string): readonly Spent[]
}

export type RunStatus = 'running' | 'published' | 'unchanged' | 'failed' | 'stopped'

export interface RunRecord {
  readonly id: number
  readonly environment: string
  readonly startedMs: number
  readonly endedMs: number | null
  readonly status: RunStatus
  /** The position of the log at which it read all streams. */
  readonly cut: number
  /** Of each stream that was read, its content there. */
  readonly streams: Readonly<Record<string, string>>
  readonly planned: number
  /** The run that was killed and that this one goes on with. */
  readonly resumes: number | null
}

/** As it begins: when, if not now. */
export type BegunRun = Pick<RunRecord, 'environment' | 'cut' | 'streams' | 'planned' | 'resumes'> & { readonly startedMs?: number }

export interface Publication {
  readonly id: number
  readonly atMs: number
  readonly run: number
  readonly previous: number | null
}
