import type { MillraceError } from '@millrace/base'
import { countText, durationText } from './duration.ts'
import type { Facts, Opinion } from './facts.ts'

/** What the phase alone decides, for every kind of stage; null where the phase is `running`. */
export function judgePhase(facts: Facts): Opinion | null {
  const { observation, phaseMs, silentMs, limits } = facts
  const silentMsLimit = limits.contactIntervalMs * limits.silentIntervalsLimit
  switch (observation.phase) {
    case 'failed':
      return { verdict: 'dead', sentence: `It failed and will not go on by itself. ${wayOut(observation.error)}` }
    case 'stopped':
      return { verdict: 'dead', sentence: 'It was stopped. Start it again with `millrace start`.' }
    case 'starting':
      if (phaseMs < limits.startingMsLimit) return { verdict: 'unknown', sentence: 'It is starting.' }
      return { verdict: 'stalled', sentence: `It has been starting for ${durationText(phaseMs)}. ${wayOut(observation.error)}` }
    case 'snapshot':
    case 'filling':
      return judgeCopy(facts, observation.phase === 'snapshot' ? 'Copying the rows that were there before' : 'Computing its first result')
    case 'retrying': {
      const lostMs = Math.max(phaseMs, silentMs ?? 0)
      if (observation.kind === 'delivery') return null
      if (lostMs < silentMsLimit)
        return { verdict: 'unknown', sentence: `It was lost ${durationText(lostMs)} ago and tries again. ${wayOut(observation.error)}` }
      return { verdict: 'dead', sentence: `It has failed for ${durationText(lostMs)} and keeps trying. ${wayOut(observation.error)}` }
    }
    case 'running':
      return null
  }
}

function judgeCopy({ observation, idleMs, phaseMs, limits }: Facts, what: string): Opinion {
  if (Math.min(idleMs, phaseMs) < limits.startingMsLimit) {
    return { verdict: 'lagging', sentence: `${what}: ${countText(observation.changes, 'row')} so far. Wait until it has caught up.` }
  }
  return { verdict: 'stalled', sentence: `${what} made no progress for ${durationText(idleMs)}. ${wayOut(observation.error)}` }
}

/** The error's own sentence and its hint; without an error, the command that looks for the cause. */
export function wayOut(error: MillraceError | null): string {
  return error === null ? 'Look for the cause with `millrace doctor`.' : `${error.message} ${error.hint}`
}
