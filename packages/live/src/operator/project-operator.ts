import type { Layout } from '@millrace/core'
import { compileProjection, type Expression, layoutOfExpression, type Projection } from '@millrace/sql'
import { emptyBatch, type ZBatch } from '../zset/z-batch.ts'
import type { Operator, OperatorSize, Step } from './operator.ts'

export class ProjectOperator implements Operator {
  readonly layouts: readonly Layout[]
  readonly #input: Operator
  readonly #projection: Projection

  constructor(input: Operator, expressions: readonly Expression[]) {
    this.#input = input
    this.#projection = compileProjection(expressions)
    this.layouts = expressions.map((expression) => layoutOfExpression(expression.type))
  }

  step(step: Step): ZBatch {
    const { count, lanes, weights } = this.#input.step(step)
    return count === 0 ? emptyBatch(this.layouts) : { count, lanes: this.#projection(lanes, count), weights }
  }

  size(): OperatorSize {
    return this.#input.size()
  }
}
