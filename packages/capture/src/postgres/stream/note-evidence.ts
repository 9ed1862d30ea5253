/** What is noted of the stream as evidence (law 6). */
import type { Boundary } from '../fill/fill-router.ts'
import { heartbeatTime } from '../heartbeat.ts'
import type { LogicalMessage } from '../pgoutput/logical-message.ts'
import type { StreamOptions } from './stream-options.ts'

/** A heartbeat that came back through the slot proves that all of the way works. */
export function hearHeartbeat(message: LogicalMessage | null, { record, state, clock }: StreamOptions, isIdle: boolean): void {
  const sentMs = message === null ? null : heartbeatTime(message.content, state.slot)
  if (sentMs === null) return
  record.lastHeartbeatMs = clock.nowMs()
  record.heartbeatSentMs = null
  if (isIdle) record.lastLagMs = Math.max(0, record.lastHeartbeatMs - sentMs)
}

/** So many changes are durable, as far as the boundary where they end at one. */
export function noteSaved({ record, clock }: StreamOptions, boundary: Boundary | null, count: number): void {
  if (count === 0) return
  record.changes += count
  record.lastChangeMs = clock.nowMs()
  if (boundary !== null) record.lastLagMs = Math.max(0, record.lastChangeMs - boundary.timeMicros / 1000)
}
