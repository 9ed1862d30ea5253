/**
 * The first rows of each partition of an order, in parts by these partitions.
 *
 * Where there is no partition, the rows are divided by what they are ordered by. Each part tells its own first rows, and
 * the first ones among them are the first of all, so that nothing but as many rows of each part must stay in memory.
 */
import type { Layout } from '@millrace/core'
import { columnReference, type Expression, type Top } from '@millrace/sql'
import { OrderedShape } from '../ordered/ordered-shape.ts'
import type { StateScope } from '../spill/state-scope.ts'
import type { StateTree } from '../spill/state-tree.ts'
import { concatBatches, emptyBatch, negated, type ZBatch } from '../zset/z-batch.ts'
import type { Operator, OperatorSize, Step } from './operator.ts'
import { chosenRows, type HashesOf, hashesOfKeys, rebuiltForm, RebuiltOperator } from './rebuilt-state.ts'
import { TopPart } from './top-part.ts'

/** Where more rows are asked for, a part would tell about all that it has. */
const DIVIDED_ROWS_MOST = 1024

export function topOperator(input: Operator, top: Top, scope: StateScope): Operator {
  const { layouts } = input
  const shape = new OrderedShape({ layouts, partitions: top.partitions, order: top.order, others: [] })
  const isDivided = top.count !== null && top.offset + top.count <= DIVIDED_ROWS_MOST
  if (top.partitions.length === 0 && isDivided && scope.isBounded) return new FirstOfParts(input, { top, shape }, scope)
  const state = { inputs: [{ operator: input, keys: top.partitions }], layouts: layoutsOf(input, top), make: () => new TopPart(shape, top) }
  return new RebuiltOperator(state, scope)
}

function layoutsOf({ layouts }: Operator, { numbered }: Top): readonly Layout[] {
  return numbered ? [...layouts, 'integer'] : layouts
}

class FirstOfParts implements Operator {
  readonly layouts: readonly Layout[]
  readonly #input: Operator
  readonly #hashes: HashesOf
  readonly #parts: StateTree<TopPart>
  /** Of the rows that the parts tell. */
  readonly #first: TopPart
  /** What parts tell, and do not tell any more, because they were divided since the last step. */
  #divided: ZBatch[] = []
  #rows = 0

  constructor(input: Operator, { top, shape }: { top: Top; shape: OrderedShape }, scope: StateScope) {
    this.layouts = layoutsOf(input, top)
    this.#input = input
    this.#hashes = hashesOfKeys(top.order.length > 0 ? top.order.map(({ expression }) => expression) : columnsOf(top))
    this.#first = new TopPart(shape, top)
    // A row is among the first of all only if it is among as many of its part.
    const ofPart: Top = { ...top, offset: 0, count: top.offset + (top.count ?? 0), numbered: false }
    const form = rebuiltForm(() => new TopPart(shape, ofPart), [this.#hashes], {
      goes: (part) => this.#divided.push(negated(part.told())),
      comes: (told) => this.#divided.push(told),
    })
    this.#parts = scope.tree(form)
  }

  step(step: Step): ZBatch {
    const change = this.#input.step(step)
    if (change.count === 0) return emptyBatch(this.layouts)
    const told: ZBatch[] = []
    const add = (part: TopPart, own: ZBatch): void => {
      const before = part.rowCount
      told.push(part.step([own]))
      this.#rows += part.rowCount - before
    }
    if (this.#parts.isWhole) this.#parts.whole((part) => add(part, change))
    else this.#parts.visit([this.#hashes(change)], (part, [rows]) => add(part, chosenRows(change, rows as Int32Array)))
    const all = concatBatches([...this.#divided, ...told], this.#input.layouts)
    this.#divided = []
    return all.count === 0 ? emptyBatch(this.layouts) : this.#first.step([all])
  }

  size(): OperatorSize {
    return { rows: this.#rows + this.#input.size().rows }
  }
}

function columnsOf({ input }: Top): readonly Expression[] {
  return input.types.map((type, at) => columnReference(at, type))
}
