/** One model in memory, stepped by hand, and the rows that its changes add up to. */
import { layoutOf, type Schema, type Value } from '@millrace/core'
import { type BoundModel, laneFrom, laneValueAt } from '@millrace/sql'
import { ModelUnit } from '../runner/model-unit.ts'
import type { RelationChange } from '../operator/operator.ts'
import type { StateMemory } from '../spill/state-memory.ts'
import type { ZBatch } from '../zset/z-batch.ts'
import { textOf } from './published-relation.ts'

export interface WeightedRow {
  readonly row: readonly Value[]
  readonly weight: number
}

export function relationChange(schema: Schema, rows: readonly WeightedRow[]): RelationChange {
  const lanes = schema.columns.map((column, at) =>
    laneFrom(
      layoutOf(column.type),
      rows.map(({ row }) => row[at] as Value),
    ),
  )
  const batch: ZBatch = { count: rows.length, lanes, weights: Float64Array.from(rows, ({ weight }) => weight) }
  return { batch, laneIndex: (name) => schema.columns.findIndex((column) => column.name === name) }
}

export class UnitRelation {
  readonly #unit: ModelUnit
  readonly #rows = new Map<string, { readonly row: readonly Value[]; count: number }>()

  constructor(model: BoundModel, memory?: StateMemory) {
    this.#unit = new ModelUnit(model, memory)
  }

  get stateRows(): number {
    return this.#unit.stateRows
  }

  /** What of its state is in the scratch file. */
  get spilledBytes(): number {
    return this.#unit.scope.size.spilled
  }

  /** Steps the model, and returns how many rows it told. */
  step(changes: ReadonlyMap<string, RelationChange>): number {
    const batch = this.#unit.step((relation) => changes.get(relation) ?? null)
    for (let at = 0; at < batch.count; at += 1) {
      const row = batch.lanes.map((lane) => laneValueAt(lane, at))
      const text = textOf(row)
      const count = (this.#rows.get(text)?.count ?? 0) + (batch.weights[at] as number)
      if (count === 0) this.#rows.delete(text)
      else this.#rows.set(text, { row, count })
    }
    return batch.count
  }

  /** Each row as text, as often as it is there. */
  texts(): readonly string[] {
    return [...this.#rows].flatMap(([text, { count }]) => Array.from({ length: count }, () => text)).sort()
  }
}
