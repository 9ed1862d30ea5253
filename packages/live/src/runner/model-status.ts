import type { MillraceError } from '@millrace/base'
import type { BoundModel } from '@millrace/sql'
import type { StagePhase } from '@millrace/core'

/** What a model's operators remember, and how many bytes of it are in memory and in the scratch file. */
export interface ModelState {
  readonly rows: number
  readonly held: number
  readonly spilled: number
}

/** What is told of one model; plain data that the runner keeps up to date. */
export interface ModelStatus {
  readonly model: BoundModel
  phase: StagePhase
  changes: number
  lastChangeMs: number | null
  error: MillraceError | null
  state: ModelState
  retryAtMs: number
  attempts: number
}

export function newStatus(model: BoundModel): ModelStatus {
  return {
    model,
    phase: 'starting',
    changes: 0,
    lastChangeMs: null,
    error: null,
    state: { rows: 0, held: 0, spilled: 0 },
    retryAtMs: 0,
    attempts: 0,
  }
}
