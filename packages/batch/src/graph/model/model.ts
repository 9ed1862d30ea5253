/** A batch model as its file holds it: the SQL, and what its header says of how it is kept. */
import type { ModelSource } from '@millrace/sql'
import type { Budget } from './budget.ts'

export const MATERIALIZATIONS = ['live', 'table', 'view', 'incremental', 'snapshot'] as const
export type Materialization = (typeof MATERIALIZATIONS)[number]

export const INTERVAL_UNITS = ['hour', 'day', 'month'] as const
export type IntervalUnit = (typeof INTERVAL_UNITS)[number]

export interface ModelSettings {
  readonly materialize: Materialization
  /** The engine on which it stays, by the name that the project gives it; null for DuckDB. */
  readonly engine: string | null
  readonly tags: readonly string[]
  /** Columns that identify a row; none where the header names none. */
  readonly key: readonly string[]
  /** A folder for each value of these columns. */
  readonly partitionBy: readonly string[]
  /** The order of rows in a file. */
  readonly clusterBy: readonly string[]
  readonly interval: { readonly column: string; readonly unit: IntervalUnit } | null
  readonly budget: Budget
  /** Why the model is neither bound nor run; null where it is. */
  readonly disabled: string | null
}

export interface GraphModel extends ModelSource {
  readonly file: string
  readonly settings: ModelSettings
}

/** What holds for all models of a folder; a file's own header goes first. */
export interface FolderSettings {
  readonly materialize?: Materialization
  readonly engine?: string
  readonly tags?: readonly string[]
  readonly budget?: Budget
}

/** DuckDB finds relations whatever their case. */
export function foldedName(name: string): string {
  return name.toLowerCase()
}

/** Columns that a snapshot has beside those of its SQL: since when a row is so, and until when; NULL while it still is. */
export const HISTORY_COLUMNS = [
  { name: 'valid_from', type: 'TIMESTAMP WITH TIME ZONE' },
  { name: 'valid_to', type: 'TIMESTAMP WITH TIME ZONE' },
] as const
