import type { Layout } from '@millrace/core'
import { concatBatches, type ZBatch } from '../zset/z-batch.ts'
import type { Operator, OperatorSize, Step } from './operator.ts'

export class UnionOperator implements Operator {
  readonly layouts: readonly Layout[]
  readonly #inputs: readonly Operator[]

  constructor(inputs: readonly Operator[], layouts: readonly Layout[]) {
    this.#inputs = inputs
    this.layouts = layouts
  }

  step(step: Step): ZBatch {
    const batches = this.#inputs.map((input) => input.step(step))
    return concatBatches(batches, this.layouts)
  }

  size(): OperatorSize {
    return { rows: this.#inputs.reduce((rows, input) => rows + input.size().rows, 0) }
  }
}
