/**
 * Quiet or dead? Four independent signals tell: any sign of life from the far side, changes themselves,
 * a heartbeat written there and captured here, and the far side's own position. A source may offer
 * the last two through its evidence, by the names in `source-evidence.ts`. Being connected is none of them.
 */
import { countText, durationText } from './duration.ts'
import type { Facts, Opinion } from './facts.ts'
import { judgePhase, wayOut } from './judge-phase.ts'
import { SOURCE_EVIDENCE } from './source-evidence.ts'

export function judgeSource(facts: Facts): Opinion {
  const { observation, silentMs, limits } = facts
  const byPhase = judgePhase(facts)
  if (byPhase !== null) return byPhase
  if (facts.passing) return judgeLag(facts)
  if (facts.asleepMs !== null) return recovering(facts.asleepMs)

  const silentMsLimit = limits.contactIntervalMs * limits.silentIntervalsLimit
  if (silentMs === null) return { verdict: 'unknown', sentence: 'It has not given a sign of life yet.' }
  if (silentMs > silentMsLimit) {
    return {
      verdict: 'dead',
      sentence: `Nothing at all has arrived for ${durationText(silentMs)}, though the connection looks open. ${wayOut(observation.error)}`,
    }
  }
  return judgeSilence(facts)
}

/** The far side is alive and no change passes: is there nothing to pass, or does capture not see it? */
function judgeSilence({ observation, idleMs, heartbeatMs, limits }: Facts): Opinion {
  const problem = observation.evidence[SOURCE_EVIDENCE.heartbeatRefused]
  if (typeof problem === 'string') {
    return {
      verdict: 'unknown',
      sentence: `No change for ${durationText(idleMs)}, and no heartbeat can be written to prove that there is none (${problem}). Let \`millrace doctor\` say what it needs.`,
    }
  }
  if (heartbeatMs !== null && heartbeatMs > limits.contactIntervalMs * limits.silentIntervalsLimit) {
    return {
      verdict: 'stalled',
      sentence: `The source answers, but no heartbeat has come back for ${durationText(heartbeatMs)}: capture is stuck. ${wayOut(observation.error)}`,
    }
  }
  const backlog = observation.backlog
  if (backlog !== null && backlog > 0) return judgeWaiting(backlog, idleMs, limits.stalledMs, observation.error)
  if (backlog === 0 || heartbeatMs !== null) {
    return { verdict: 'quiet', sentence: `No change for ${durationText(idleMs)}. The source is alive and has nothing more to send.` }
  }
  return {
    verdict: 'unknown',
    sentence: `Connected, but nothing shows whether the source has changes that do not arrive. Let \`millrace doctor\` look.`,
  }
}

/** Changes pass now: close behind, or late? */
export function judgeLag({ observation, lagMs, limits }: Facts): Opinion {
  if (lagMs !== null && lagMs > limits.lagMsLimit && observation.backlog !== 0) {
    const waiting = observation.backlog === null ? '' : `, with ${countText(observation.backlog, 'change')} waiting`
    return { verdict: 'lagging', sentence: `Changes pass, but ${durationText(lagMs)} late${waiting}. It is catching up by itself.` }
  }
  const behind = lagMs === null ? '' : `, ${durationText(lagMs)} behind`
  return { verdict: 'flowing', sentence: `Changes pass${behind}.` }
}

export function judgeWaiting(backlog: number, idleMs: number, stalledMs: number, error: Facts['observation']['error']): Opinion {
  const waiting = `${countText(backlog, 'change')} ${backlog === 1 ? 'waits' : 'wait'}`
  if (idleMs < stalledMs) return { verdict: 'lagging', sentence: `${waiting}; the last one passed ${durationText(idleMs)} ago.` }
  return { verdict: 'stalled', sentence: `${waiting} and nothing has passed for ${durationText(idleMs)}. ${wayOut(error)}` }
}

export function recovering(asleepMs: number): Opinion {
  return {
    verdict: 'lagging',
    sentence: `This machine did not run for ${durationText(asleepMs)} (asleep or suspended). It is recovering; wait a moment.`,
  }
}
