import type { MillraceError } from '@millrace/base'
import type { BoundModel } from '@millrace/sql'
import type { StagePhase } from '@millrace/core'

/** What is told of one model; plain data that the runner keeps up to date. */
export interface ModelStatus {
  readonly model: BoundModel
  phase: StagePhase
  changes: number
  lastChangeMs: number | null
  error: MillraceError | null
  stateRows: number
  retryAtMs: number
  attempts: number
}

export function newStatus(model: BoundModel): ModelStatus {
  return { model, phase: 'starting', changes: 0, lastChangeMs: null, error: null, stateRows: 0, retryAtMs: 0, attempts: 0 }
}
