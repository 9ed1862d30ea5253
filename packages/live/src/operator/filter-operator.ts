import type { Layout } from '@millrace/core'
import { compilePredicate, type Expression, type Predicate } from '@millrace/sql'
import { gatherBatch, type ZBatch } from '../zset/z-batch.ts'
import type { Operator, OperatorSize, Step } from './operator.ts'

export class FilterOperator implements Operator {
  readonly layouts: readonly Layout[]
  readonly #input: Operator
  readonly #predicate: Predicate

  constructor(input: Operator, condition: Expression) {
    this.#input = input
    this.#predicate = compilePredicate(condition)
    this.layouts = input.layouts
  }

  step(step: Step): ZBatch {
    return filterBatch(this.#input.step(step), this.#predicate)
  }

  size(): OperatorSize {
    return this.#input.size()
  }
}

export function filterBatch(batch: ZBatch, predicate: Predicate): ZBatch {
  if (batch.count === 0) return batch
  const selection = new Int32Array(batch.count)
  const count = predicate(batch.lanes, batch.count, selection)
  return count === batch.count ? batch : gatherBatch(batch, selection, count)
}
