/** The command that begins the stream, and what the server may answer to it. */
import { MillraceError } from '@millrace/base'
import { quoteIdentifier, quoteLiteral } from '../catalog/table.ts'
import { positionToText } from '../position.ts'
import type { ProgressState } from '../progress-state.ts'
import { successorOf } from '../slot-name.ts'
import { sourceError } from '../source-error.ts'
import type { FrameReader } from '../wire/frame-reader.ts'
import { MESSAGE, readServerError, type ServerError } from '../wire/server-message.ts'
import type { StreamOptions } from './stream-options.ts'

/** From this version on pgoutput hands logical messages on. */
const MESSAGES_VERSION_MIN = 140_000

export interface StartOptions {
  readonly state: Pick<ProgressState, 'slot' | 'publication' | 'position'>
  /** The server's. */
  readonly version: number
  /** Whether transactions in progress are wanted. */
  readonly streaming: boolean
}

export function startReplication({ state, version, streaming }: StartOptions): string {
  const options = [
    streaming ? "proto_version '2', streaming 'on'" : "proto_version '1'",
    `publication_names ${quoteLiteral(quoteIdentifier(state.publication))}`,
    ...(version >= MESSAGES_VERSION_MIN ? ["messages 'true'"] : []),
  ]
  return `START_REPLICATION SLOT ${quoteIdentifier(state.slot)} LOGICAL ${positionToText(state.position)} (${options.join(', ')})`
}

/** What the server says about the slot when the stream is to start; null where it speaks of something else. */
function slotError(error: ServerError, { source, state }: { source: string; state: ProgressState }): MillraceError | null {
  const { slot } = state
  if (error.code === '55006') {
    const pid = /PID (\d+)/.exec(error.message)?.[1]
    return new MillraceError('CAPTURE_SLOT_ACTIVE', { cause: error, details: { source, slot, pid: pid ?? 'unknown' } })
  }
  const isGone = error.code === '42704' || (error.code === '55000' && /slot/.test(error.message))
  if (!isGone) return null
  const details = { source, slot, position: positionToText(state.position), what: error.message, next: successorOf(slot) }
  return new MillraceError('CAPTURE_SLOT_LOST', { cause: error, details })
}

export function connectionLost(source: string, what: string): MillraceError {
  return new MillraceError('CAPTURE_CONNECTION_LOST', { details: { source, what } })
}

/** What the server says beside the changes: that the stream has begun, or why it does not go on. */
export function readControl({ kind, buffer, start, end }: FrameReader, { source, record, replication, state }: StreamOptions): void {
  if (kind === MESSAGE.COPY_BOTH) {
    record.phase = 'running'
    record.error = null
  } else if (kind === MESSAGE.ERROR) {
    const error = readServerError(buffer, start, end)
    throw slotError(error, { source, state }) ?? sourceError(error, replication.address, 'connected')
  } else if (kind === MESSAGE.COPY_DONE || kind === MESSAGE.READY) throw connectionLost(source, 'the server ended the stream')
}
