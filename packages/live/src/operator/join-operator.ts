/**
 * Equi-joins over two arranged inputs. A step first lets the change of the right side meet the left side
 * as it was, then the change of the left side meet the right side as it is now: every pair is told once.
 *
 * Left, semi and anti joins depend on the right side also through "is there any row of this key". A step
 * takes the changes of both sides together, so that no row is told unmatched on the way to its match.
 */
import type { Layout } from '@millrace/core'
import { compilePredicate, type Join, type JoinKind, laneValues, type Predicate } from '@millrace/sql'
import { partitionHashes } from '../spill/partition-hash.ts'
import type { StateScope } from '../spill/state-scope.ts'
import type { StateTree } from '../spill/state-tree.ts'
import { IntList, NumberList } from '../zset/growing-list.ts'
import { hashRows } from '../zset/row-hash.ts'
import type { RowMatcher } from '../zset/row-match.ts'
import { concatBatches, emptyBatch, gatherBatch, gatherLane, type ZBatch } from '../zset/z-batch.ts'
import { filterBatch } from './filter-operator.ts'
import { firstOfEachKey, type Probe, probePairs, probePresence } from './join-probe.ts'
import { joinForm, type JoinPart } from './join-state.ts'
import { JoinSide, keepFlagged } from './join-side.ts'
import type { Operator, OperatorSize, Step } from './operator.ts'

export interface JoinInput {
  readonly operator: Operator
  /** The columns that all columns of its rows are proven to follow from. */
  readonly identity: readonly number[]
}

const NO_HASHES = new Int32Array(0)

export interface JoinInputs {
  readonly left: JoinInput
  readonly right: JoinInput
}

/** Rows of one side whose keys can match, with the hashes of their keys. */
interface Keyed {
  readonly batch: ZBatch
  readonly hashes: Int32Array
}

interface Changes {
  readonly left: Keyed
  readonly right: Keyed
}

export class JoinOperator implements Operator {
  readonly layouts: readonly Layout[]
  readonly #kind: JoinKind
  readonly #left: JoinSide
  readonly #right: JoinSide
  /** The left arrangement's keys against lanes of the right side, and the other way. */
  readonly #leftKeysToRight: RowMatcher
  readonly #rightKeysToLeft: RowMatcher
  readonly #rightKeysToRight: RowMatcher
  readonly #residual: Predicate | null
  readonly #state: StateTree<JoinPart>
  #rows = 0

  constructor(
    { left: { operator: left, identity: leftIdentity }, right: { operator: right, identity: rightIdentity } }: JoinInputs,
    join: Join,
    scope: StateScope,
  ) {
    const nullsMatch = join.keys.map((key) => key.nullsMatch)
    this.#kind = join.join
    this.#left = new JoinSide(left, { expressions: join.keys.map((key) => key.left), nullsMatch, identity: leftIdentity })
    this.#right = new JoinSide(right, { expressions: join.keys.map((key) => key.right), nullsMatch, identity: rightIdentity })
    this.#leftKeysToRight = this.#left.shape.probeMatcher(this.#right.keyColumns)
    this.#rightKeysToLeft = this.#right.shape.probeMatcher(this.#left.keyColumns)
    this.#rightKeysToRight = this.#right.shape.probeMatcher(this.#right.keyColumns)
    this.#state = scope.tree(joinForm({ left: this.#left.shape, right: this.#right.shape }))
    this.#residual = join.residual === null ? null : compilePredicate(join.residual)
    this.layouts = this.#tellsPairs ? [...left.layouts, ...right.layouts] : left.layouts
  }

  step(step: Step): ZBatch {
    const leftChange = this.#left.step(step)
    const rightChange = this.#right.step(step)
    if (leftChange.count === 0 && rightChange.count === 0) return emptyBatch(this.layouts)
    const outputs: ZBatch[] = []
    const flags = this.#left.matchable(leftChange)
    if (flags !== null && (this.#kind === 'left' || this.#kind === 'anti')) outputs.push(this.#unmatchable(leftChange, flags))
    const left = keyed(keepFlagged(leftChange, flags), this.#left.keyColumns)
    const right = keyed(keepFlagged(rightChange, this.#right.matchable(rightChange)), this.#right.keyColumns)
    if (this.#state.isWhole) this.#state.whole((part) => this.#meet(part, { left, right }, outputs))
    else this.#meetParts({ left, right }, outputs)
    const output = concatBatches(outputs, this.layouts)
    return this.#residual === null ? output : filterBatch(output, this.#residual)
  }

  size(): OperatorSize {
    return { rows: this.#rows + this.#left.size().rows + this.#right.size().rows }
  }

  /** Whether matching rows are told as pairs, or the left row alone. */
  get #tellsPairs(): boolean {
    return this.#kind === 'inner' || this.#kind === 'left'
  }

  #meetParts({ left, right }: Changes, outputs: ZBatch[]): void {
    const hashes = [
      partitionHashes(left.batch.lanes, this.#left.keyColumns, left.hashes),
      partitionHashes(right.batch.lanes, this.#right.keyColumns, right.hashes),
    ]
    this.#state.visit(hashes, (part, [ofLeft, ofRight]) => {
      this.#meet(part, { left: chosen(left, ofLeft as Int32Array), right: chosen(right, ofRight as Int32Array) }, outputs)
    })
  }

  #meet(part: JoinPart, { left, right }: Changes, outputs: ZBatch[]): void {
    const before = part.rowCount
    outputs.push(...this.#stepRight(part, right), ...this.#stepLeft(part, left))
    this.#rows += part.rowCount - before
  }

  /** The change of the right side against the left side as it was. */
  #stepRight(part: JoinPart, { batch, hashes }: Keyed): ZBatch[] {
    if (batch.count === 0) return []
    const outputs: ZBatch[] = []
    if (this.#tellsPairs) outputs.push(this.#pairsWithLeft(part, { batch, hashes, matcher: this.#leftKeysToRight }))
    if (this.#kind === 'inner') part.right.apply(batch, hashes)
    else outputs.push(this.#applyRight(part, { batch, hashes, matcher: this.#rightKeysToRight }))
    return outputs
  }

  /** The change of the left side against the right side as it is now. */
  #stepLeft(part: JoinPart, { batch, hashes }: Keyed): ZBatch[] {
    if (batch.count === 0) return []
    const probe: Probe = { batch, hashes, matcher: this.#rightKeysToLeft }
    const outputs: ZBatch[] = []
    if (this.#tellsPairs) outputs.push(this.#pairsWithRight(part, probe))
    if (this.#kind !== 'inner') outputs.push(this.#single(part, probe))
    part.left.apply(batch, hashes)
    return outputs
  }

  #pairsWithLeft({ left: held }: JoinPart, probe: Probe): ZBatch {
    const { rows, slots, weights } = probePairs(held, probe)
    const left = this.#left.rowLanes(held.table.gather(slots, rows.length))
    const right = this.#right.rowLanes(probe.batch.lanes).map((lane) => gatherLane(lane, rows, rows.length))
    return { count: rows.length, lanes: [...left, ...right], weights }
  }

  #pairsWithRight({ right: held }: JoinPart, probe: Probe): ZBatch {
    const { rows, slots, weights } = probePairs(held, probe)
    const left = this.#left.rowLanes(probe.batch.lanes).map((lane) => gatherLane(lane, rows, rows.length))
    const right = this.#right.rowLanes(held.table.gather(slots, rows.length))
    return { count: rows.length, lanes: [...left, ...right], weights }
  }

  /** Applies the right side's change and tells the left rows, as they were, whose key came or went. */
  #applyRight({ left, right: arrangement }: JoinPart, probe: Probe): ZBatch {
    const { keyColumns } = this.#right
    const keys = firstOfEachKey(probe.batch, probe.hashes, keyColumns)
    const before = probePresence(arrangement, probe, keys)
    arrangement.apply(probe.batch, probe.hashes)
    const after = probePresence(arrangement, probe, keys)
    const rows = new IntList()
    const signs = new NumberList()
    for (let at = 0; at < keys.length; at += 1) {
      if (before[at] === after[at]) continue
      rows.push(keys[at] as number)
      signs.push((after[at] === 1) === (this.#kind === 'semi') ? 1 : -1)
    }
    const flipped: ZBatch = { ...gatherBatch(probe.batch, rows.values(), rows.count), weights: signs.values() }
    const hashes = hashRows(flipped.lanes, keyColumns, flipped.count)
    const pairs = probePairs(left, { batch: flipped, hashes, matcher: this.#leftKeysToRight })
    const lanes = left.table.gather(pairs.slots, pairs.slots.length)
    return this.#alone({ count: pairs.slots.length, lanes, weights: pairs.weights })
  }

  /** The changed left rows that enter the output by themselves: with a match of a semi join, else without. */
  #single({ right }: JoinPart, probe: Probe): ZBatch {
    const { batch } = probe
    const all = Int32Array.from({ length: batch.count }, (_, row) => row)
    const present = probePresence(right, probe, all)
    const wanted = this.#kind === 'semi' ? 1 : 0
    const rows = all.filter((row) => present[row] === wanted)
    return this.#alone(gatherBatch(batch, rows, rows.length))
  }

  #unmatchable(change: ZBatch, flags: Uint8Array): ZBatch {
    return this.#alone(
      keepFlagged(
        change,
        flags.map((flag) => 1 - flag),
      ),
    )
  }

  /** Left rows alone; of a left join with NULLs for the right columns. */
  #alone(batch: ZBatch): ZBatch {
    const left = this.#left.rowLanes(batch.lanes)
    if (this.#kind !== 'left') return { ...batch, lanes: left }
    const nulls = new Uint8Array(batch.count).fill(1)
    const right = this.#right.rowLayouts.map((layout) => ({ layout, values: laneValues(layout, batch.count), nulls }))
    return { ...batch, lanes: [...left, ...right] }
  }
}

/** A change without rows may lack the lanes of computed keys. */
function keyed(batch: ZBatch, keyColumns: readonly number[]): Keyed {
  if (batch.count === 0) return { batch, hashes: NO_HASHES }
  return { batch, hashes: hashRows(batch.lanes, keyColumns, batch.count) }
}

function chosen({ batch, hashes }: Keyed, rows: Int32Array): Keyed {
  return { batch: gatherBatch(batch, rows, rows.length), hashes: rows.map((row) => hashes[row] as number) }
}
