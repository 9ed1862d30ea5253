/**
 * GROUP BY. Per step each touched group is told at most once: its old row goes, its new one comes, and
 * nothing where they are the same. Without groups there is one row from the first step on. DISTINCT is
 * the same with all columns as the group and no aggregate.
 */
import { type Layout, layoutOf } from '@millrace/core'
import { compileProjection, type Projection } from '@millrace/sql'
import { partitionHashes } from '../spill/partition-hash.ts'
import type { StateScope } from '../spill/state-scope.ts'
import type { StateTree } from '../spill/state-tree.ts'
import { hashRows } from '../zset/row-hash.ts'
import { concatBatches, emptyBatch, gatherLane, type ZBatch } from '../zset/z-batch.ts'
import type { GroupedRows, GroupPart } from './group-part.ts'
import { type GroupedBy, groupForm, GroupShape } from './group-shape.ts'
import type { Operator, OperatorSize, Step } from './operator.ts'

const NO_ROWS: GroupedRows = { count: 0, lanes: [], weights: new Float64Array(0), hashes: new Int32Array(0) }

export class AggregateOperator implements Operator {
  readonly layouts: readonly Layout[]
  readonly #input: Operator
  readonly #projection: Projection
  readonly #shape: GroupShape
  readonly #state: StateTree<GroupPart>
  #rows = 0

  constructor(input: Operator, groupedBy: GroupedBy, scope: StateScope) {
    this.#input = input
    this.#shape = new GroupShape(groupedBy)
    this.#projection = compileProjection(this.#shape.expressions)
    this.#state = scope.tree(groupForm(this.#shape))
    const results = groupedBy.calls.map((call) => layoutOf(call.type as Parameters<typeof layoutOf>[0]))
    this.layouts = [...this.#shape.groupLayouts, ...results]
  }

  step(step: Step): ZBatch {
    const batch = this.#input.step(step)
    if (batch.count === 0 && !(step.first && this.#shape.isGlobal)) return emptyBatch(this.layouts)
    const rows = this.#grouped(batch)
    const outputs: ZBatch[] = []
    const add = (part: GroupPart, own: GroupedRows): void => {
      const before = part.rowCount
      outputs.push(part.step(own, step.first))
      this.#rows += part.rowCount - before
    }
    if (this.#state.isWhole) this.#state.whole((part) => add(part, rows))
    else {
      const hashes = partitionHashes(rows.lanes, this.#shape.identity, rows.hashes)
      this.#state.visit([hashes], (part, [chosen]) => add(part, rowsAt(rows, chosen as Int32Array)))
    }
    return concatBatches(outputs, this.layouts)
  }

  size(): OperatorSize {
    return { rows: this.#rows + this.#input.size().rows }
  }

  #grouped({ count, lanes: given, weights }: ZBatch): GroupedRows {
    if (count === 0) return NO_ROWS
    const lanes = this.#projection(given, count)
    return { count, lanes, weights, hashes: hashRows(lanes, this.#shape.identity, count) }
  }
}

function rowsAt({ lanes, weights, hashes }: GroupedRows, rows: Int32Array): GroupedRows {
  const count = rows.length
  return {
    count,
    lanes: lanes.map((lane) => gatherLane(lane, rows, count)),
    weights: Float64Array.from(rows, (row) => weights[row] as number),
    hashes: rows.map((row) => hashes[row] as number),
  }
}
