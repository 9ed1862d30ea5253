import type { Layout } from '@millrace/core'
import { columnReference, compileProjection, type Expression, type Lane, layoutOfExpression, type Projection } from '@millrace/sql'
import { ArrangementShape } from '../zset/arrangement-shape.ts'
import { IntList } from '../zset/growing-list.ts'
import { emptyBatch, gatherBatch, type ZBatch } from '../zset/z-batch.ts'
import type { Operator, OperatorSize, Step } from './operator.ts'

export interface SideKeys {
  readonly expressions: readonly Expression[]
  /** Per key, whether two NULLs match. */
  readonly nullsMatch: readonly boolean[]
  /** The input's columns that all its columns are proven to follow from. */
  readonly identity: readonly number[]
}

/** One input of a join: its rows, followed by those keys that are more than a column of it. */
export class JoinSide {
  readonly shape: ArrangementShape
  readonly layouts: readonly Layout[]
  readonly keyColumns: readonly number[]
  readonly #input: Operator
  readonly #projection: Projection | null
  readonly #strictColumns: readonly number[]

  constructor(input: Operator, { expressions, nullsMatch, identity }: SideKeys) {
    this.#input = input
    const computed = expressions.filter((key) => key.kind !== 'column')
    const ownCount = input.layouts.length
    this.keyColumns = expressions.map((key) => (key.kind === 'column' ? key.index : ownCount + computed.indexOf(key)))
    this.#strictColumns = this.keyColumns.filter((_, at) => nullsMatch[at] === false)
    // The type of a column that is only handed on does not matter to the projection.
    const own = input.layouts.map((_, index) => columnReference(index, { kind: 'null' }))
    this.#projection = computed.length === 0 ? null : compileProjection([...own, ...computed])
    this.layouts = [...input.layouts, ...computed.map((key) => layoutOfExpression(key.type))]
    this.shape = new ArrangementShape(this.layouts, this.keyColumns, identity)
  }

  /** The input's own layouts, without the computed keys. */
  get rowLayouts(): readonly Layout[] {
    return this.#input.layouts
  }

  step(step: Step): ZBatch {
    const batch = this.#input.step(step)
    if (this.#projection === null) return batch
    if (batch.count === 0) return emptyBatch(this.layouts)
    return { ...batch, lanes: this.#projection(batch.lanes, batch.count) }
  }

  /** 1 for each row whose key can match at all: NULL equals nothing. Null where every row can. */
  matchable(batch: ZBatch): Uint8Array | null {
    const nulls = this.#strictColumns.map((column) => batch.lanes[column]?.nulls ?? null).filter((flags) => flags !== null)
    if (nulls.length === 0) return null
    const flags = new Uint8Array(batch.count).fill(1)
    for (const lane of nulls) for (let row = 0; row < batch.count; row += 1) if (lane[row] === 1) flags[row] = 0
    return flags.includes(0) ? flags : null
  }

  rowLanes(lanes: readonly Lane[]): readonly Lane[] {
    return lanes.slice(0, this.rowLayouts.length)
  }

  /** What the input remembers. */
  size(): OperatorSize {
    return this.#input.size()
  }
}

export function keepFlagged(batch: ZBatch, flags: Uint8Array | null): ZBatch {
  if (flags === null) return batch
  const rows = new IntList()
  for (let row = 0; row < batch.count; row += 1) if (flags[row] === 1) rows.push(row)
  return rows.count === batch.count ? batch : gatherBatch(batch, rows.values(), rows.count)
}
