/** A live model whose operators are in this thread. */
import { type BoundModel, EvaluationFailure } from '@millrace/sql'
import { type Layout, layoutOf } from '@millrace/core'
import { compilePlan } from '../compile-plan.ts'
import type { Operator, RelationChange } from '../operator/operator.ts'
import { StateMemory } from '../spill/state-memory.ts'
import { StateScope } from '../spill/state-scope.ts'
import { evaluationError } from './evaluation-error.ts'
import type { LiveUnit } from './live-unit.ts'
import { runnablePlan } from './model-graph.ts'
import type { ModelState } from './model-status.ts'
import { Consolidator } from '../zset/consolidate.ts'
import type { ZBatch } from '../zset/z-batch.ts'

export class ModelUnit implements LiveUnit {
  readonly model: BoundModel
  readonly layouts: readonly Layout[]
  readonly scope: StateScope
  readonly #memory: StateMemory
  readonly #operator: Operator
  readonly #consolidator: Consolidator
  readonly #columns: ReadonlyMap<string, number>
  #isNew = true

  constructor(model: BoundModel, memory: StateMemory = new StateMemory()) {
    this.model = model
    this.#memory = memory
    this.scope = new StateScope(memory)
    this.layouts = model.schema.columns.map((column) => layoutOf(column.type))
    this.#operator = compilePlan(runnablePlan(model), this.scope)
    this.#consolidator = new Consolidator(this.layouts, model.schema.key)
    this.#columns = new Map(model.schema.columns.map((column, at) => [column.name, at]))
  }

  get stateRows(): number {
    return this.#operator.size().rows
  }

  get stateSize(): ModelState {
    return { rows: this.stateRows, ...this.scope.size }
  }

  step(change: (relation: string) => RelationChange | null, isPartial = false): ZBatch {
    try {
      const first = this.#isNew
      this.#isNew = false
      return this.#consolidator.consolidate(this.#operator.step({ first, isPartial, change }))
    } catch (error) {
      throw error instanceof EvaluationFailure ? evaluationError(this.model, error) : error
    }
  }

  asRelation(batch: ZBatch): RelationChange {
    return { batch, laneIndex: (column) => this.#columns.get(column) ?? -1 }
  }

  close(): void {
    this.#memory.release(this.scope)
  }
}
