/**
 * What the last check found, so that the next binds only what changed: an entry holds as long as the text
 * of its model and the columns of its inputs are the same. A cache that cannot be read is no cache.
 */
import { readFileSync } from 'node:fs'
import { keepFile } from './keep-file.ts'
import type { GraphColumn } from './checked-graph.ts'
import type { Lineage } from './lineage.ts'
import type { Asked } from './moment.ts'

export interface CacheEntry {
  /** Of the model's text and settings. */
  readonly text: string
  readonly inputs: readonly string[]
  /** Of the columns of each input. */
  readonly signatures: readonly string[]
  readonly columns: readonly GraphColumn[]
  readonly meaning: string
  readonly lineage: Lineage
  readonly asked: Asked
}

/** Grows with the form of the file, with DuckDB, and with what a meaning is. */
const FORM = 'graph-check 4, DuckDB 1.5.6'

export function readCheckCache(path: string): Map<string, CacheEntry> {
  try {
    const { form, models } = JSON.parse(readFileSync(path, 'utf8')) as { form: string; models: [string, CacheEntry][] }
    return form === FORM ? new Map(models) : new Map()
  } catch {
    return new Map()
  }
}

export function writeCheckCache(path: string, models: ReadonlyMap<string, CacheEntry>): void {
  keepFile(path, JSON.stringify({ form: FORM, models: [...models] }))
}
