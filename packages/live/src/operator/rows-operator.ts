import type { Layout } from '@millrace/core'
import { compileProjection, layoutOfExpression, type Rows } from '@millrace/sql'
import { concatBatches, emptyBatch, type ZBatch } from '../zset/z-batch.ts'
import type { Operator, OperatorSize, Step } from './operator.ts'

/** The rows that stand in the SQL itself: they come with the first step and stay. */
export class RowsOperator implements Operator {
  readonly layouts: readonly Layout[]
  readonly #rows: Rows

  constructor(rows: Rows) {
    this.#rows = rows
    this.layouts = rows.types.map(layoutOfExpression)
  }

  step(step: Step): ZBatch {
    if (!step.first) return emptyBatch(this.layouts)
    const batches = this.#rows.rows.map((row) => ({ count: 1, lanes: compileProjection(row)([], 1), weights: Float64Array.of(1) }))
    return concatBatches(batches, this.layouts)
  }

  size(): OperatorSize {
    return { rows: 0 }
  }
}
