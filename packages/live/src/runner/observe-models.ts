import type { MillraceError } from '@millrace/base'
import type { StageObservation } from '@millrace/core'
import type { ModelStatus } from './model-status.ts'
import type { StepMeter } from './step-meter.ts'

export interface ObservedRunner {
  readonly status: Iterable<ModelStatus>
  readonly meter: StepMeter
  readonly cut: number
  /** The newest cut of the log. */
  readonly newestCut: number
  /** Why the last commit is being tried again. */
  readonly problem: MillraceError | null
  readonly isCommitting: boolean
  /** Where each model is computed, in words. */
  readonly spread: ReadonlyMap<string, string>
  /** What the state of all models, and the rows that they read, take together, and may take. */
  readonly memory: { readonly bytes: number; readonly bytesLimit: number }
  readonly nowMs: number
}

export function observeModels({
  status,
  meter,
  cut,
  newestCut,
  problem,
  isCommitting,
  spread,
  memory,
  nowMs,
}: ObservedRunner): readonly StageObservation[] {
  const waiting = newestCut > cut
  const lagMs = meter.lagMs(waiting)
  const backlog = meter.backlog(waiting)
  return [...status].map(({ model, phase, changes, lastChangeMs, error, state }) => ({
    kind: 'model',
    name: model.name,
    phase: phase === 'running' && problem !== null ? 'retrying' : phase,
    changes,
    lastChangeMs,
    lastContactMs: nowMs,
    lagMs: phase === 'running' ? lagMs : null,
    backlog: phase === 'running' ? backlog : null,
    error: error ?? problem,
    evidence: {
      cut,
      committing: isCommitting,
      stateRows: state.rows,
      stateBytes: state.held,
      stateBytesSpilled: state.spilled,
      memoryBytes: memory.bytes,
      memoryBytesLimit: Number.isFinite(memory.bytesLimit) ? memory.bytesLimit : 'none',
      steps: meter.steps,
      changesTaken: meter.changesTaken,
      stepMsMax: Math.round(meter.stepMsMax * 10) / 10,
      inputs: model.inputs.join(', '),
      computed: spread.get(model.name) ?? 'not yet',
    },
  }))
}
