/** One live model in memory: its operators, wherever they are, and the last change that they told. */
import type { Layout } from '@millrace/core'
import type { BoundModel } from '@millrace/sql'
import type { RelationChange } from '../operator/operator.ts'
import type { ZBatch } from '../zset/z-batch.ts'
import type { ModelState } from './model-status.ts'

export interface LiveUnit {
  readonly model: BoundModel
  readonly layouts: readonly Layout[]
  readonly stateSize: ModelState
  /**
   * The model's change, each row once. Raises LIVE_EVALUATION where the model has no answer; the unit is
   * then of no further use. A step begins after the one before has ended. While more of its inputs' present rows is
   * still to come (`isPartial`), what is computed as a whole may wait.
   */
  step(change: (relation: string) => RelationChange | null, isPartial?: boolean): ZBatch | Promise<ZBatch>
  /** Its change as those models read it that are built on it. */
  asRelation(batch: ZBatch): RelationChange
  /** Forgets what it remembers, wherever that is. */
  close(): void
}

export type MakeUnit = (model: BoundModel) => LiveUnit
