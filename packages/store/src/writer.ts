/**
 * Applies write sets to the file, several to a commit. Each set has a savepoint, so that a bad one fails
 * alone. What a set reads on its way (cuts, positions, schemas) it reads from the file, inside the
 * transaction: after a failure there is nothing in memory to put right but the catalog.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { assert, reach } from '@millrace/base'
import type { ControlStatement } from '@millrace/core'
import { blob } from './blob.ts'
import { BatchWriter } from './batch-writer.ts'
import { Catalog } from './catalog.ts'
import { CatalogWriter } from './catalog-writer.ts'
import type { EncodedSet } from './encoded-set.ts'
import { MetaTable } from './meta.ts'
import { ProgressTable } from './progress-table.ts'
import { Retention, type RetentionStep } from './retention.ts'
import { SegmentTable } from './segment-table.ts'
import { asStoreError } from './store-error.ts'

export interface Applied {
  readonly cut: number
  readonly bytes: number
}

export type Outcome<Result> = { readonly ok: true; readonly value: Result } | { readonly ok: false; readonly error: Error }

/** Prepared control statements that are kept; the least recently used goes first. */
const STATEMENTS_LIMIT = 256

export class Writer {
  readonly #db: DatabaseSync
  readonly #path: string
  readonly #meta: MetaTable
  readonly #catalog: Catalog
  readonly #catalogWriter: CatalogWriter
  readonly #batches: BatchWriter
  readonly #segments: SegmentTable
  readonly #progress: ProgressTable
  readonly #retention: Retention
  readonly #statements = new Map<string, StatementSync>()

  constructor(db: DatabaseSync, path: string) {
    this.#db = db
    this.#path = path
    this.#meta = new MetaTable(db, path)
    this.#catalog = new Catalog(db, path)
    this.#catalogWriter = new CatalogWriter(db, path)
    this.#batches = new BatchWriter(db, path)
    this.#segments = new SegmentTable(db, path)
    this.#progress = new ProgressTable(db, path)
    this.#retention = new Retention(db, path)
  }

  /** One commit for all of them; where that fails as a whole (a full disk), one for each. */
  applyAll(sets: readonly EncodedSet[]): Outcome<Applied>[] {
    const together = this.#inTransaction(() => sets.map((set) => this.#applyInSavepoint(set)))
    if (together.ok) return together.value
    if (sets.length === 1) return [together]
    return sets.map((set) => this.#inTransaction(() => this.#apply(set)))
  }

  /** Drops a bounded number of batches that are older than asked. */
  dropOld(stream: string, beforeMs: number): Outcome<RetentionStep> {
    return this.#inTransaction(() => {
      this.#catalog.refresh(this.#meta.read())
      return this.#retention.step(this.#catalog.stream(stream), beforeMs)
    })
  }

  #inTransaction<Result>(work: () => Result): Outcome<Result> {
    try {
      this.#db.exec('begin immediate')
      const value = work()
      reach('store.before-commit')
      this.#db.exec('commit')
      reach('store.after-commit')
      return { ok: true, value }
    } catch (error) {
      this.#catalog.forget()
      // SQLite ends the transaction by itself where the disk is full.
      if (this.#db.isTransaction) this.#db.exec('rollback')
      return { ok: false, error: asStoreError(error, this.#path) }
    }
  }

  #applyInSavepoint(set: EncodedSet): Outcome<Applied> {
    this.#db.exec('savepoint write_set')
    try {
      const value = this.#apply(set)
      this.#db.exec('release write_set')
      return { ok: true, value }
    } catch (error) {
      this.#catalog.forget()
      if (!this.#db.isTransaction) throw error
      this.#db.exec('rollback to write_set')
      this.#db.exec('release write_set')
      return { ok: false, error: asStoreError(error, this.#path) }
    }
  }

  #apply(set: EncodedSet): Applied {
    for (const tail of set.discard) this.#batches.discard(tail)
    let meta = this.#meta.read()
    this.#catalog.refresh(meta)
    if (set.streams.length > 0) {
      meta = this.#catalogWriter.define(this.#catalog, meta, set.streams)
      this.#catalog.refresh(meta)
    }
    const shown = this.#batches.append(this.#catalog, set, meta.cut + 1)
    if (shown.batches > 0) meta = { ...meta, cut: meta.cut + 1 }
    if (shown.batches > 0 || set.streams.length > 0) this.#meta.write(meta)
    this.#segments.apply(set)
    if (set.progress !== null) this.#progress.write(set.progress)
    for (const statement of set.control) this.#control(statement)
    return { cut: meta.cut, bytes: shown.bytes }
  }

  #control({ sql, parameters }: ControlStatement): void {
    const statement = this.#statements.get(sql) ?? this.#db.prepare(sql)
    this.#statements.delete(sql)
    this.#statements.set(sql, statement)
    if (this.#statements.size > STATEMENTS_LIMIT) this.#statements.delete(this.#statements.keys().next().value as string)
    statement.run(...parameters.map((value) => (value instanceof Uint8Array ? blob(value) : value)))
    assert(this.#db.isTransaction, 'a control statement leaves the transaction open')
  }
}
