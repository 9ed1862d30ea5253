/**
 * What a live model is made of. An operator holds what it must remember of its inputs; a step hands it
 * the changes of all its inputs at once and asks for the change of its output.
 *
 * Duties. The output of a step depends only on the inputs so far as multisets of rows: neither the order
 * of rows within a batch nor the cutting into steps shows. After an `EvaluationFailure` the operator's
 * memory is undefined, and it must be dropped.
 */
import type { Layout } from '@millrace/core'
import type { ZBatch } from '../zset/z-batch.ts'

export interface Operator {
  readonly layouts: readonly Layout[]
  /** The changes of its inputs are taken from `step`, by whatever reads them below. */
  step(step: Step): ZBatch
  /** What it remembers, for the observer. */
  size(): OperatorSize
}

export interface OperatorSize {
  readonly rows: number
}

/** One step of a model: the change of each relation that it reads. */
export interface Step {
  /** The first step of a model's life, in which what depends on no input comes to be. */
  readonly first: boolean
  /** More of the relations' present rows is still to be told: what is known so far is nobody's answer. */
  readonly isPartial?: boolean
  /** Null where the relation did not change. */
  change(relation: string): RelationChange | null
}

/** The change of a stream or model, with the lane of each of its columns. */
export interface RelationChange {
  readonly batch: ZBatch
  laneIndex(column: string): number
}
