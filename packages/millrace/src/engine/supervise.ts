import { describeError, type MillraceError } from '@millrace/base'
import type { Stage } from '@millrace/core'

export interface Supervised {
  readonly stage: Stage
  /** Resolves when the stage has ended, for whatever reason. Never rejects. */
  readonly ended: Promise<void>
  /** Why it ended before it was told to; null while it runs and after an orderly end. */
  readonly failure: () => MillraceError | Error | null
}

/**
 * Runs one stage beside the others. A stage retries what may pass by itself; one that rejects needs a
 * person: the others go on, and its failure is told at once and stays visible.
 */
export function supervise(stage: Stage, signal: AbortSignal, onFailure: (stage: Stage, error: Error) => void): Supervised {
  let failure: Error | null = null
  const ended = stage.run(signal).catch((error: unknown) => {
    if (signal.aborted) return
    failure = error instanceof Error ? error : new Error(describeError(error))
    onFailure(stage, failure)
  })
  return { stage, ended, failure: () => failure }
}
