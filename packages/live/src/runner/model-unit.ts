/** One live model in memory: its operators, and the last change that they told. */
import { type BoundModel, EvaluationFailure, whereIs } from '@millrace/sql'
import { MillraceError } from '@millrace/base'
import { type Layout, layoutOf } from '@millrace/core'
import { compilePlan } from '../compile-plan.ts'
import type { Operator, RelationChange } from '../operator/operator.ts'
import { StateMemory } from '../spill/state-memory.ts'
import { StateScope } from '../spill/state-scope.ts'
import { runnablePlan } from './model-graph.ts'
import { Consolidator } from '../zset/consolidate.ts'
import type { ZBatch } from '../zset/z-batch.ts'

export class ModelUnit {
  readonly model: BoundModel
  readonly layouts: readonly Layout[]
  readonly scope: StateScope
  readonly #operator: Operator
  readonly #consolidator: Consolidator
  readonly #columns: ReadonlyMap<string, number>
  #isNew = true

  constructor(model: BoundModel, memory: StateMemory = new StateMemory()) {
    this.model = model
    this.scope = new StateScope(memory)
    this.layouts = model.schema.columns.map((column) => layoutOf(column.type))
    this.#operator = compilePlan(runnablePlan(model), this.scope)
    this.#consolidator = new Consolidator(this.layouts, model.schema.key)
    this.#columns = new Map(model.schema.columns.map((column, at) => [column.name, at]))
  }

  get stateRows(): number {
    return this.#operator.size().rows
  }

  /**
   * The model's change, each row once. Raises LIVE_EVALUATION where the model has no answer; the unit is
   * then of no further use.
   */
  step(change: (relation: string) => RelationChange | null): ZBatch {
    try {
      const first = this.#isNew
      this.#isNew = false
      return this.#consolidator.consolidate(this.#operator.step({ first, change }))
    } catch (error) {
      if (!(error instanceof EvaluationFailure)) throw error
      const { model } = this
      const details = { model: model.name, problem: error.message, ...whereIs(model, error.place < 0 ? null : error.place) }
      throw new MillraceError('LIVE_EVALUATION', { cause: error, details })
    }
  }

  /** Its change as those models read it that are built on it. */
  asRelation(batch: ZBatch): RelationChange {
    return { batch, laneIndex: (column) => this.#columns.get(column) ?? -1 }
  }
}
