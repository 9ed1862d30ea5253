/** A part of a model's plan as one worker computes it: its operators, and what they remember of its rows. */
import { EvaluationFailure, type Plan } from '@millrace/sql'
import { compilePlan } from '../compile-plan.ts'
import type { Operator, RelationChange } from '../operator/operator.ts'
import type { ModelState } from '../runner/model-status.ts'
import type { StateMemory } from '../spill/state-memory.ts'
import { StateScope } from '../spill/state-scope.ts'
import { type CarriedBatch, carried, uncarried } from './carried-batch.ts'
import { Consolidator } from '../zset/consolidate.ts'

/** The change that an exchange brings to one shard. */
export interface ShardInput {
  readonly name: string
  readonly columns: readonly string[]
  readonly batch: CarriedBatch
}

export type ShardAnswer =
  | { readonly kind: 'stepped'; readonly batch: CarriedBatch; readonly size: ModelState }
  /** A row has no answer; the shard is of no further use. */
  | { readonly kind: 'failed'; readonly problem: string; readonly place: number }

export interface ShardPlan {
  readonly plan: Plan
  /** Columns of which a batch has few rows each, by which what takes each other back is brought together; null where that is done later. */
  readonly together: readonly number[] | null
}

export class Shard {
  readonly #memory: StateMemory
  readonly #scope: StateScope
  readonly #operator: Operator
  readonly #consolidator: Consolidator | null
  #isNew = true

  constructor({ plan, together }: ShardPlan, memory: StateMemory) {
    this.#memory = memory
    this.#scope = new StateScope(memory)
    this.#operator = compilePlan(plan, this.#scope)
    this.#consolidator = together === null ? null : new Consolidator(this.#operator.layouts, together)
  }

  step(inputs: readonly ShardInput[]): ShardAnswer {
    const changes = new Map<string, RelationChange>()
    for (const { name, columns, batch } of inputs)
      changes.set(name, { batch: uncarried(batch), laneIndex: (column) => columns.indexOf(column) })
    const first = this.#isNew
    this.#isNew = false
    try {
      const batch = this.#operator.step({ first, change: (relation) => changes.get(relation) ?? null })
      const told = this.#consolidator?.consolidate(batch) ?? batch
      return { kind: 'stepped', batch: carried(told), size: { rows: this.#operator.size().rows, ...this.#scope.size } }
    } catch (error) {
      if (!(error instanceof EvaluationFailure)) throw error
      return { kind: 'failed', problem: error.message, place: error.place }
    }
  }

  close(): void {
    this.#memory.release(this.#scope)
  }
}
