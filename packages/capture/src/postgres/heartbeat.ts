/**
 * A word that Millrace writes into the source's log every few seconds. It comes back through the slot
 * (law 6): proof that a quiet source is alive all the way, the measure of its lag, and what lets the
 * slot move on where nothing else happens. It makes no row and needs no table.
 */
import { type Clock, describeError } from '@millrace/base'
import type { CaptureRecord } from './capture-record.ts'
import type { Query } from './connect.ts'
import type { WalWatch } from './wal/wal-watch.ts'

export const HEARTBEAT_PREFIX = 'millrace'
const HEARTBEAT_PAUSE_MS = 3000
/** How many heartbeats pass between two looks at what the slot holds back. */
const SLOT_LOOK_EVERY = 3
const ECHO_SINCE = 140_000
const FLUSH_SINCE = 170_000

export function heartbeatContent(slot: string, nowMs: number): string {
  return `${slot} ${nowMs}`
}

/** When a heartbeat was written; null for one of another slot. */
export function heartbeatTime(content: string, slot: string): number | null {
  const [ofSlot, sentMs] = content.split(' ')
  return ofSlot === slot ? Number(sentMs) : null
}

export interface HeartbeatOptions {
  readonly query: Query
  readonly slot: string
  readonly clock: Clock
  readonly record: CaptureRecord
  readonly signal: AbortSignal
  readonly walWatch: WalWatch
  /** As `server_version_num`: 14 and later send it back, 17 and later can write it through at once and not in their own rhythm (0.2 s). */
  readonly version: number
}

/** Runs until the signal aborts, or the control connection fails. */
export async function keepHeartbeat(options: HeartbeatOptions): Promise<void> {
  const { query, walWatch, version, clock, record, signal } = options
  if (version < ECHO_SINCE) record.heartbeatRefused = 'Postgres 13 does not send them back'
  for (let beat = 0; !signal.aborted; beat += 1) {
    if (record.heartbeatRefused === null) await sendHeartbeat(options)
    if (beat % SLOT_LOOK_EVERY === 0) await walWatch.look(query)
    await clock.sleep(HEARTBEAT_PAUSE_MS, signal).catch(() => undefined)
  }
}

/** A standby cannot write, and a user may be forbidden to: told in the evidence, and no failure. */
async function sendHeartbeat({ query, slot, clock, record, version }: HeartbeatOptions): Promise<void> {
  const sentMs = clock.nowMs()
  record.heartbeatSentMs ??= sentMs
  try {
    const flush = version >= FLUSH_SINCE ? ', true' : ''
    await query(`select pg_logical_emit_message(false, $1, $2${flush})`, [HEARTBEAT_PREFIX, heartbeatContent(slot, sentMs)])
  } catch (error) {
    record.heartbeatSentMs = null
    if (isLost(error)) throw error
    record.heartbeatRefused = describeError(error)
  }
}

function isLost(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'CAPTURE_CONNECTION_LOST' || error.code === 'SOURCE_UNREACHABLE')
}
