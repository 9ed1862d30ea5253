/**
 * WITH RECURSIVE. Whatever of its inputs changes, the whole recursion is gone through again, round by round, and the
 * difference is told: what follows from a row that goes may follow from others too, and with rows that went no
 * shorter way is right in general. What the rounds read beside the rows that came last stays arranged from step to
 * step, so that a round costs what it yields.
 */
import type { Layout } from '@millrace/core'
import { EvaluationFailure, isWorking, type Plan, partsOf, type Recursion, workingColumn } from '@millrace/sql'
import { CountedRows } from '../zset/counted-rows.ts'
import { concatBatches, emptyBatch, negated, type ZBatch } from '../zset/z-batch.ts'
import type { Operator, OperatorSize, RelationChange, Step } from './operator.ts'

/** A recursion that has not ended by then does not end, as a rule. */
const ROUNDS_LIMIT = 10_000
const ROWS_LIMIT = 16_777_216

export interface RecursionInputs {
  readonly initial: Operator
  /** Compiled by itself: it is stepped many times in one step. */
  readonly round: Operator
}

export class RecursionOperator implements Operator {
  readonly layouts: readonly Layout[]
  readonly #inputs: RecursionInputs
  readonly #recursion: Recursion
  /** What the rounds read beside the rows that came last. */
  readonly #relations: readonly string[]
  readonly #columns: ReadonlyMap<string, number>
  readonly #initial: CountedRows
  /** What the round makes of the rows that came last; between steps there are none of these. */
  readonly #derived: CountedRows
  #told: ZBatch
  /** Something changed since the last result. */
  #isDue = true

  constructor(inputs: RecursionInputs, recursion: Recursion) {
    this.#inputs = inputs
    this.#recursion = recursion
    this.layouts = inputs.initial.layouts
    this.#relations = [...scansOf(recursion.round)].filter((relation) => relation !== recursion.working)
    this.#columns = new Map(this.layouts.map((_, at) => [workingColumn(at), at]))
    this.#initial = this.#newRows()
    this.#derived = this.#newRows()
    this.#told = emptyBatch(this.layouts)
  }

  step(step: Step): ZBatch {
    const initial = this.#inputs.initial.step(step)
    this.#initial.add(initial)
    const isRoundChanged = this.#relations.some((relation) => (step.change(relation)?.batch.count ?? 0) > 0)
    if (isRoundChanged || step.first) {
      const change = (relation: string): RelationChange | null => (relation === this.#recursion.working ? null : step.change(relation))
      this.#derived.add(this.#inputs.round.step({ ...step, change }))
    }
    this.#isDue ||= isRoundChanged || initial.count > 0
    if (!this.#isDue || step.isPartial === true) return emptyBatch(this.layouts)
    this.#isDue = false
    return this.#difference(this.#result())
  }

  size(): OperatorSize {
    const { initial, round } = this.#inputs
    return { rows: this.#told.count + this.#initial.rowCount + initial.size().rows + round.size().rows }
  }

  #newRows(): CountedRows {
    return new CountedRows(this.layouts, this.#recursion.distinct ? 'grouping' : 'identity')
  }

  #result(): ZBatch {
    const { distinct } = this.#recursion
    const all = this.#newRows()
    let before = emptyBatch(this.layouts)
    let came = distinct ? once(this.#initial.rows()) : this.#initial.rows()
    for (let round = 0; came.count > 0; round += 1) {
      if (round === ROUNDS_LIMIT) throw new EvaluationFailure(`WITH RECURSIVE goes on after ${ROUNDS_LIMIT} rounds`, -1)
      all.add(came)
      if (all.rowCount > ROWS_LIMIT) throw new EvaluationFailure(`WITH RECURSIVE yields more than ${ROWS_LIMIT} different rows`, -1)
      this.#round(concatBatches([negated(before), came], this.layouts))
      before = came
      came = distinct ? once(all.missing(this.#derived.rows())) : this.#derived.rows()
    }
    if (before.count > 0) this.#round(negated(before))
    return all.rows()
  }

  #round(working: ZBatch): void {
    const own: RelationChange = { batch: working, laneIndex: (column) => this.#columns.get(column) ?? -1 }
    const change = (relation: string): RelationChange | null => (relation === this.#recursion.working ? own : null)
    this.#derived.add(this.#inputs.round.step({ first: false, change }))
  }

  #difference(result: ZBatch): ZBatch {
    const changes = new CountedRows(this.layouts, 'identity')
    changes.add(result)
    changes.add(negated(this.#told))
    this.#told = result
    return changes.rows()
  }
}

function once(batch: ZBatch): ZBatch {
  return { ...batch, weights: new Float64Array(batch.count).fill(1) }
}

/** The names of all that a plan scans, the rows of recursions around it too. */
function scansOf(plan: Plan): ReadonlySet<string> {
  const scans = new Set<string>()
  for (const part of partsOf(plan)) {
    if (part.kind === 'scan') scans.add(part.relation)
    if (part.kind === 'recursion' && isWorking(part.working)) scans.delete(part.working)
  }
  return scans
}
