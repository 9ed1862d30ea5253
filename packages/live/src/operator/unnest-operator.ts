import { type Layout, layoutOf, VectorBuilder } from '@millrace/core'
import { EvaluationFailure, laneOf, layoutOfExpression, type Unnest } from '@millrace/sql'
import { IntList } from '../zset/growing-list.ts'
import { emptyBatch, gatherBatch, type ZBatch } from '../zset/z-batch.ts'
import type { Operator, OperatorSize, Step } from './operator.ts'
import { type ListReader, listReader, type RowLists } from './row-lists.ts'

/** Rows that one batch may become; more is taken for a mistake in the SQL. */
const ROWS_LIMIT = 2 ** 24

/** A row for each item of a row's lists, with the weight of the row. */
export class UnnestOperator implements Operator {
  readonly layouts: readonly Layout[]
  readonly #input: Operator
  readonly #readers: readonly ListReader[]

  constructor(input: Operator, plan: Unnest) {
    this.#input = input
    this.#readers = plan.lists.map(listReader)
    this.layouts = [...input.layouts, ...plan.lists.map((list) => layoutOfExpression(list.type))]
  }

  step(step: Step): ZBatch {
    const batch = this.#input.step(step)
    if (batch.count === 0) return emptyBatch(this.layouts)
    const lists = this.#readers.map((read) => read(batch.lanes, batch.count))
    const builders = lists.map((list) => new VectorBuilder(layoutOf(list.type)))
    const origins = new IntList()
    for (let row = 0; row < batch.count; row += 1) unnestRow(row, { lists, builders, origins })
    const rows = origins.values()
    const { weights, lanes } = gatherBatch(batch, rows, rows.length)
    return { count: rows.length, lanes: [...lanes, ...builders.map((builder) => laneOf(builder.finish()))], weights }
  }

  size(): OperatorSize {
    return this.#input.size()
  }
}

interface Unnested {
  readonly lists: readonly RowLists[]
  readonly builders: readonly VectorBuilder[]
  readonly origins: IntList
}

function unnestRow(row: number, { lists, builders, origins }: Unnested): void {
  let longest = 0
  for (const [at, list] of lists.entries()) longest = Math.max(longest, list.append(row, builders[at] as VectorBuilder))
  for (let item = 0; item < longest; item += 1) origins.push(row)
  if (origins.count > ROWS_LIMIT) throw new EvaluationFailure(`UNNEST makes more than ${ROWS_LIMIT} rows of one batch`, -1)
  if (builders.length > 1) for (const builder of builders) while (builder.count < origins.count) builder.push(null)
}
