/**
 * A source's life: session after session, each from what is durable. After what may pass by itself another
 * one begins, later and later while nothing helps; what needs a person ends it.
 */
import { backoffMs, type Clock, MillraceError, type Random } from '@millrace/base'
import type { StagePhase } from '@millrace/core'

export interface SessionRecord {
  phase: StagePhase
  error: MillraceError | null
}

export interface Sessions {
  readonly clock: Clock
  readonly random: Random
  readonly record: SessionRecord
  /** Ends when the signal aborts, or to be begun again at once. */
  readonly session: (signal: AbortSignal) => Promise<void>
  /** Asked after a failure: the session had got so far that the next wait is short again. */
  readonly wasWell: () => boolean
  /** The error as people are told it. A defect is raised: it must not be tried again for ever. */
  readonly problemOf?: (error: unknown) => MillraceError
  /** The next session does something else, at once. */
  readonly isMended?: (error: unknown) => boolean
  /** Default: what its code says. */
  readonly mayPass?: (problem: MillraceError) => boolean
  readonly onFailure?: (isRetried: boolean) => void
}

const RETRY = { baseMs: 200, limitMs: 30_000, jitter: 0.3 }

/** Rejects for what needs a person. */
export async function runSessions(sessions: Sessions, signal: AbortSignal): Promise<void> {
  const { clock, random, record, session, wasWell, isMended, problemOf = known, mayPass = isPassing, onFailure } = sessions
  let attempt = 0
  while (!signal.aborted) {
    try {
      await session(signal)
    } catch (error) {
      if (signal.aborted) break
      if (wasWell()) attempt = 0
      if (isMended?.(error) === true) continue
      const problem = problemOf(error)
      record.error = problem
      const isRetried = mayPass(problem)
      onFailure?.(isRetried)
      if (!isRetried) {
        record.phase = 'failed'
        throw problem
      }
      record.phase = 'retrying'
      await clock.sleep(backoffMs(random, { attempt, ...RETRY }), signal).catch(() => undefined)
      attempt += 1
    }
  }
  record.phase = 'stopped'
}

function known(error: unknown): MillraceError {
  if (error instanceof MillraceError) return error
  throw error
}

function isPassing({ retry }: MillraceError): boolean {
  return retry === 'backoff'
}
