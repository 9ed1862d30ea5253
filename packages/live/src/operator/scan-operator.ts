import type { Layout } from '@millrace/core'
import { type Lane, layoutOfExpression, laneValues, type Scan } from '@millrace/sql'
import { emptyBatch, type ZBatch } from '../zset/z-batch.ts'
import type { Operator, OperatorSize, Step } from './operator.ts'

/** Picks the columns that a model reads out of a relation's change; no value is copied. */
export class ScanOperator implements Operator {
  readonly layouts: readonly Layout[]
  readonly #scan: Scan

  constructor(scan: Scan) {
    this.#scan = scan
    this.layouts = scan.types.map(layoutOfExpression)
  }

  step(step: Step): ZBatch {
    const change = step.change(this.#scan.relation)
    if (change === null || change.batch.count === 0) return emptyBatch(this.layouts)
    const { batch } = change
    const lanes = this.#scan.columns.map((name, at): Lane => {
      const layout = this.layouts[at] as Layout
      if (name === null) return { layout, values: laneValues(layout, batch.count), nulls: null }
      return batch.lanes[change.laneIndex(name)] as Lane
    })
    return { count: batch.count, lanes, weights: batch.weights }
  }

  size(): OperatorSize {
    return { rows: 0 }
  }
}
