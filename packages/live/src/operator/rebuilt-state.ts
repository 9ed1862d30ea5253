/**
 * An operator whose state follows from the rows of its inputs, in parts by these rows' keys. A part is moved as its
 * rows, and computed from them again when it is needed: no form of what it remembers beside them is ever stored.
 *
 * Where there is no key all rows are one part, which stays in memory: to compute it again at every step would take longer
 * than any step may.
 */
import type { Layout } from '@millrace/core'
import { compileProjection, type Expression, type Projection } from '@millrace/sql'
import { partitionHashes } from '../spill/partition-hash.ts'
import { LaneWriter, putRows, readLanes, takeRows } from '../spill/saved-lanes.ts'
import type { StateScope } from '../spill/state-scope.ts'
import type { PartForm, StatePart, StateTree } from '../spill/state-tree.ts'
import { hashRows } from '../zset/row-hash.ts'
import { concatBatches, emptyBatch, gatherBatch, type ZBatch } from '../zset/z-batch.ts'
import type { Operator, OperatorSize, Step } from './operator.ts'

/** What is remembered of the rows of some keys. */
export interface RebuiltPart extends StatePart {
  readonly rowCount: number
  /** The change of the output; `changes` has one batch for each input. */
  step(changes: readonly ZBatch[]): ZBatch
  /** All rows of each input that are there, with further columns where `restore` reads them. */
  rows(): readonly ZBatch[]
  /** Takes up in an empty part what `rows` of another told, where that is more than a step does. */
  restore?(inputs: readonly ZBatch[]): void
}

export interface RebuiltInput {
  readonly operator: Operator
  /** Rows of which these differ have nothing to do with each other. */
  readonly keys: readonly Expression[]
}

export interface RebuiltState {
  readonly inputs: readonly RebuiltInput[]
  readonly layouts: readonly Layout[]
  readonly make: () => RebuiltPart
}

/** The partition hash of each row. */
export type HashesOf = (batch: ZBatch) => Int32Array

export class RebuiltOperator implements Operator {
  readonly layouts: readonly Layout[]
  readonly #inputs: readonly Operator[]
  readonly #hashes: readonly HashesOf[]
  /** Null where all is one part. */
  readonly #state: StateTree<RebuiltPart> | null
  readonly #only: RebuiltPart | null
  #rows = 0

  constructor({ inputs, layouts, make }: RebuiltState, scope: StateScope) {
    this.layouts = layouts
    this.#inputs = inputs.map(({ operator }) => operator)
    this.#hashes = inputs.map(({ keys }) => hashesOfKeys(keys))
    const hasKeys = inputs.every(({ keys }) => keys.length > 0)
    this.#state = hasKeys ? scope.tree(rebuiltForm(make, this.#hashes)) : null
    this.#only = hasKeys ? null : make()
  }

  step(step: Step): ZBatch {
    const changes = this.#inputs.map((input) => input.step(step))
    if (changes.every(({ count }) => count === 0)) return emptyBatch(this.layouts)
    const outputs: ZBatch[] = []
    const add = (part: RebuiltPart, own: readonly ZBatch[]): void => {
      const before = part.rowCount
      outputs.push(part.step(own))
      this.#rows += part.rowCount - before
    }
    if (this.#only !== null) add(this.#only, changes)
    else if (this.#state?.isWhole === true) this.#state.whole((part) => add(part, changes))
    else this.#stepParts(changes, add)
    return concatBatches(outputs, this.layouts)
  }

  size(): OperatorSize {
    return { rows: this.#inputs.reduce((sum, input) => sum + input.size().rows, this.#rows) }
  }

  #stepParts(changes: readonly ZBatch[], add: (part: RebuiltPart, own: readonly ZBatch[]) => void): void {
    const hashes = changes.map((batch, at) => (this.#hashes[at] as HashesOf)(batch))
    this.#state?.visit(hashes, (part, rows) => {
      add(
        part,
        changes.map((batch, at) => chosenRows(batch, rows[at] as Int32Array)),
      )
    })
  }
}

/** For whoever goes on with what each part tells: one that is divided tells nothing any more, its children what they have. */
export interface Dividing<Part> {
  readonly goes: (part: Part) => void
  readonly comes: (told: ZBatch) => void
}

export function rebuiltForm<Part extends RebuiltPart>(
  make: () => Part,
  hashesOf: readonly HashesOf[],
  dividing?: Dividing<Part>,
): PartForm<Part> {
  const filled = (inputs: readonly ZBatch[], tell?: (told: ZBatch) => void): Part => {
    const part = make()
    if (inputs.every(({ count }) => count === 0)) return part
    if (part.restore === undefined) {
      const told = part.step(inputs)
      tell?.(told)
    } else part.restore(inputs)
    return part
  }
  return {
    empty: make,
    encode: (part) => {
      const writer = new LaneWriter()
      for (const input of part.rows()) putRows(writer, input)
      return writer.encode()
    },
    decode: (bytes) => {
      const reader = readLanes(bytes)
      return filled(hashesOf.map(() => takeRows(reader)))
    },
    rows: (part) => {
      const inputs = part.rows()
      const hashes = new Int32Array(inputs.reduce((sum, { count }) => sum + count, 0))
      const starts: number[] = []
      let next = 0
      for (const [at, input] of inputs.entries()) {
        starts.push(next)
        hashes.set((hashesOf[at] as HashesOf)(input), next)
        next += input.count
      }
      const ofInput = (rows: Int32Array, at: number): Int32Array => {
        const start = starts[at] as number
        const end = starts[at + 1] ?? next
        return rows.filter((row) => row >= start && row < end).map((row) => row - start)
      }
      let isGone = false
      const choose = (rows: Int32Array): Part => {
        if (!isGone) dividing?.goes(part)
        isGone = true
        return filled(
          inputs.map((input, at) => chosenRows(input, ofInput(rows, at))),
          dividing?.comes,
        )
      }
      return { hashes, choose }
    },
  }
}

export function hashesOfKeys(keys: readonly Expression[]): HashesOf {
  const projection: Projection = compileProjection(keys)
  const columns = keys.map((_, at) => at)
  return ({ lanes, count }) => {
    if (count === 0) return new Int32Array(0)
    const keyLanes = projection(lanes, count)
    return partitionHashes(keyLanes, columns, hashRows(keyLanes, columns, count))
  }
}

export function chosenRows(batch: ZBatch, rows: Int32Array): ZBatch {
  return rows.length === batch.count ? batch : gatherBatch(batch, rows, rows.length)
}
