import { countText, durationText } from './duration.ts'
import type { Facts, Opinion } from './facts.ts'
import { judgePhase, wayOut } from './judge-phase.ts'
import { judgeLag, judgeWaiting, recovering } from './judge-source.ts'

/** A live model. What waits in front of it is in our own log, so an empty backlog is full evidence. */
export function judgeModel(facts: Facts): Opinion {
  const { observation, idleMs, limits } = facts
  const byPhase = judgePhase(facts)
  if (byPhase !== null) return byPhase
  const { backlog } = observation
  if (facts.passing) return judgeLag(facts)
  if (facts.asleepMs !== null) return recovering(facts.asleepMs)
  if (backlog === null) return { verdict: 'unknown', sentence: 'It does not say whether changes wait for it.' }
  if (backlog > 0) return judgeWaiting(backlog, idleMs, limits.stalledMs, observation.error)
  return { verdict: 'quiet', sentence: `Up to date with its inputs, which have not changed it for ${durationText(idleMs)}.` }
}

/** A delivery. Nobody is asked while nothing waits, so its silence then needs no sign of life. */
export function judgeDelivery(facts: Facts): Opinion {
  const { observation, idleMs, silentMs, limits } = facts
  const byPhase = judgePhase(facts)
  if (byPhase !== null) return byPhase
  const { backlog, error } = observation
  if (facts.passing) return judgeLag(facts)
  if (facts.asleepMs !== null) return recovering(facts.asleepMs)
  if (backlog === null) return { verdict: 'unknown', sentence: 'It does not say whether changes wait for it.' }
  if (backlog === 0) return { verdict: 'quiet', sentence: `Everything was delivered; nothing new for ${durationText(idleMs)}.` }
  if (idleMs < limits.stalledMs) return judgeWaiting(backlog, idleMs, limits.stalledMs, error)

  const waiting = `${countText(backlog, 'change')} ${backlog === 1 ? 'waits' : 'wait'}`
  if (silentMs === null || silentMs > limits.contactIntervalMs * limits.silentIntervalsLimit) {
    const silence = silentMs === null ? 'has never answered' : `has not answered for ${durationText(silentMs)}`
    return { verdict: 'dead', sentence: `${waiting} and the receiver ${silence}. ${wayOut(error)}` }
  }
  return {
    verdict: 'stalled',
    sentence: `${waiting}: the receiver answers but accepts nothing for ${durationText(idleMs)}. ${wayOut(error)}`,
  }
}
