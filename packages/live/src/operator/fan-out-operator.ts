import type { Layout } from '@millrace/core'
import type { ZBatch } from '../zset/z-batch.ts'
import type { Operator, OperatorSize, Step } from './operator.ts'

/** An operator that several others read: it is stepped once a step, and each of them gets the same change. */
export class FanOutOperator implements Operator {
  readonly layouts: readonly Layout[]
  readonly #operator: Operator
  #step: Step | null = null
  #change: ZBatch | null = null

  constructor(operator: Operator) {
    this.#operator = operator
    this.layouts = operator.layouts
  }

  step(step: Step): ZBatch {
    if (this.#step !== step || this.#change === null) {
      this.#change = this.#operator.step(step)
      this.#step = step
    }
    return this.#change
  }

  size(): OperatorSize {
    return this.#operator.size()
  }

  /** The same for another reader. What is remembered is counted once, where it was first read. */
  again(): Operator {
    return { layouts: this.layouts, step: (step) => this.step(step), size: () => ({ rows: 0 }) }
  }
}
