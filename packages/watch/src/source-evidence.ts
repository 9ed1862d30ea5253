import type { StageObservation } from '@millrace/core'

/** Evidence by which a source proves its silence or its freshness; all optional. */
export const SOURCE_EVIDENCE = {
  /** When the last heartbeat that was written there came back through capture. */
  lastHeartbeatMs: 'lastHeartbeatMs',
  /** Why no heartbeat can be written; null while it can be. */
  heartbeatRefused: 'heartbeatRefused',
  /** How much the source has written that capture has not acknowledged, where changes cannot be counted. */
  behindBytes: 'behindBytes',
} as const

/** A source that is written to is always a little behind; less than this is caught up. */
const CAUGHT_UP_BYTES_LIMIT = 1_048_576

export function heartbeatOf({ evidence }: StageObservation): number | null {
  const value = evidence[SOURCE_EVIDENCE.lastHeartbeatMs]
  return typeof value === 'number' ? value : null
}

export function isCaughtUp({ backlog, evidence }: StageObservation): boolean {
  const behindBytes = evidence[SOURCE_EVIDENCE.behindBytes]
  return backlog === null ? typeof behindBytes === 'number' && behindBytes < CAUGHT_UP_BYTES_LIMIT : backlog === 0
}
