/**
 * Models that are being computed from the rows that the folds hold, in slices, while the running models
 * go on. Each fold tells its rows one after the other: of a row that was told the further changes are told
 * too; another one will be told, as it is then, when its turn comes.
 *
 * A model that is built on running ones brings a copy of them along, because their rows are kept
 * nowhere; the copies are dropped at the end.
 *
 * At the end each model's relation is known in full. Less what its stream holds, it is what to publish:
 * for a new model everything, for a changed one the difference, for an unchanged one (after a restart)
 * nothing, which is then not computed.
 */
import type { Batch, LogReader } from '@millrace/core'
import { OPERATION, sameSchema } from '@millrace/core'
import type { BoundModel } from '@millrace/sql'
import type { ToldChange } from '../fold/told-change.ts'
import type { RelationChange } from '../operator/operator.ts'
import { decodeOutput } from '../output/decode-output.ts'
import type { StateMemory } from '../spill/state-memory.ts'
import { gatherBatch, type ZBatch } from '../zset/z-batch.ts'
import type { FoldKeeper } from './fold-keeper.ts'
import type { LiveUnit, MakeUnit } from './live-unit.ts'
import { RelationTotal } from './relation-total.ts'
import { stepUnits } from './step-units.ts'

const SLICE_ROWS = 4096

export interface FilledModel {
  readonly unit: LiveUnit
  /** What to publish; null for a model that is published already. */
  readonly difference: ZBatch | null
  /** Its stream holds rows that cannot be told one by one (of another shape, not kept any more): all go first. */
  readonly truncates: boolean
}

interface FillingUnit {
  readonly unit: LiveUnit
  readonly total: RelationTotal | null
  readonly truncates: boolean
  readonly isCopy: boolean
}

export interface FillingPlan {
  /** In dependency order; they include whatever of the others these are built on. */
  readonly models: readonly BoundModel[]
  /** Models that run elsewhere already and are only copied. */
  readonly copies: ReadonlySet<string>
  /** Models whose streams hold their relation already. */
  readonly published: ReadonlySet<string>
  readonly makeUnit: MakeUnit
  /** Where what is to be published lies meanwhile. */
  readonly memory?: StateMemory
  /** How many rows one slice tells. */
  readonly sliceRows?: number
}

export class Filling {
  readonly #units: FillingUnit[]
  readonly #folds: ReadonlyMap<string, FoldKeeper>
  readonly #streams: ReadonlySet<string>
  readonly #sliceRows: number
  /** Rows of streams that the models were told. */
  rowsTold = 0

  constructor(plan: FillingPlan, folds: ReadonlyMap<string, FoldKeeper>, reader: LogReader) {
    this.#folds = folds
    this.#sliceRows = plan.sliceRows ?? SLICE_ROWS
    this.#units = plan.models.map((model) => {
      const unit = plan.makeUnit(model)
      const isCopy = plan.copies.has(model.name)
      if (isCopy || plan.published.has(model.name)) return { unit, total: null, truncates: false, isCopy }
      const published = reader.streams().find((stream) => stream.name === model.name)
      const truncates = published !== undefined && !(sameSchema(published.schema, model.schema) && isWhole(reader, model.name))
      const total = new RelationTotal({ layouts: unit.layouts, key: model.schema.key }, plan.memory)
      if (published !== undefined && !truncates) subtractPublished(total, reader, model.name)
      return { unit, total, truncates, isCopy }
    })
    this.#streams = new Set(plan.models.flatMap((model) => model.inputs).filter((input) => folds.has(input)))
    for (const stream of this.#streams) folds.get(stream)?.fold.beginTelling()
  }

  get models(): readonly BoundModel[] {
    return this.#units.filter((unit) => !unit.isCopy).map(({ unit }) => unit.model)
  }

  /** Tells the models the next rows; true once all rows have been told. */
  async slice(): Promise<boolean> {
    for (const stream of this.#streams) {
      const batch = (this.#folds.get(stream) as FoldKeeper).fold.tellNext(this.#sliceRows)
      if (batch === null) continue
      this.rowsTold += batch.count
      await this.#step(new Map([[stream, batch]]))
      return false
    }
    // What depends on no row at all, and what is computed of no part of the rows, comes to be in the last step.
    await this.#step(new Map(), false)
    return true
  }

  /** Tells the models what a step changed among the rows that they know. */
  async follow(changes: ReadonlyMap<string, ToldChange>): Promise<void> {
    const known = new Map<string, ZBatch>()
    for (const [stream, { batch, told }] of changes) {
      if (!this.#streams.has(stream) || told === null) continue
      const rows = Int32Array.from({ length: batch.count }, (_, row) => row).filter((row) => told[row] === 1)
      if (rows.length > 0) known.set(stream, rows.length === batch.count ? batch : gatherBatch(batch, rows, rows.length))
    }
    if (known.size > 0) await this.#step(known)
  }

  /** What the version before has published since the beginning: the new one need not tell that. */
  supersede(model: string, output: ZBatch): void {
    const filling = this.#units.find(({ unit }) => unit.model.name === model)
    // Where all that the stream holds goes first, what it holds does not matter.
    if (filling?.truncates === false && output.count > 0) filling.total?.subtract(output)
  }

  /** The copies are of no further use. */
  finish(): readonly FilledModel[] {
    for (const { unit, isCopy } of this.#units) if (isCopy) unit.close()
    for (const stream of this.#streams) this.#folds.get(stream)?.fold.endTelling()
    const filled = this.#units
      .filter((filling) => !filling.isCopy)
      .map(({ unit, total, truncates }) => ({ unit, truncates, difference: total === null ? null : total.takeAll() }))
    this.#closeTotals()
    return filled
  }

  /** Gives up: none of its units will run. */
  close(): void {
    for (const { unit } of this.#units) unit.close()
    this.#closeTotals()
  }

  #closeTotals(): void {
    for (const { total } of this.#units) total?.close()
  }

  async #step(batches: ReadonlyMap<string, ZBatch>, isPartial = true): Promise<void> {
    const changes = new Map<string, RelationChange>()
    for (const [stream, batch] of batches) changes.set(stream, (this.#folds.get(stream) as FoldKeeper).asRelation(batch))
    const stepped = await stepUnits(
      this.#units.map(({ unit }) => unit),
      changes,
      isPartial,
    )
    for (const { unit, total } of this.#units) {
      const told = stepped.get(unit)
      if (told?.kind === 'failed') throw told.error
      if (told?.kind === 'stepped') total?.add(told.change)
    }
  }
}

/** Whether all changes of a stream are still kept, so that its rows can be known. */
function isWhole(reader: LogReader, stream: string): boolean {
  return reader.extents(stream).every(({ first }) => first === 0)
}

/** Takes the relation that a stream holds: every change since its last truncation. */
function subtractPublished(total: RelationTotal, reader: LogReader, stream: string): void {
  let truncatedAt: number | null = null
  for (const stored of reader.read(stream)) if (isTruncation(stored.batch())) truncatedAt = stored.cut
  for (const stored of reader.read(stream, truncatedAt === null ? {} : { afterCut: truncatedAt - 1 })) {
    const batch = stored.batch()
    if (isTruncation(batch)) continue
    for (const part of decodeOutput(batch, -1)) total.add(part)
  }
}

/** A model's truncation is a batch of its own. */
function isTruncation(batch: Batch): boolean {
  return batch.count === 1 && batch.operations[0] === OPERATION.TRUNCATE
}
