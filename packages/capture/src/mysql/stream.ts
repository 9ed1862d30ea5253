/** The loop over the socket: packets to the follower, and an end where the connection or the log has one. */
import { type Clock, MillraceError } from '@millrace/base'
import type { BinlogFollower } from './binlog-follower.ts'
import type { CaptureRecord } from './capture-record.ts'
import type { ZeroDates } from './cell/date-time.ts'
import type { SourceAddress } from './connect.ts'
import type { ProgressState } from './progress-state.ts'
import { ProofGone } from './proof-gone.ts'
import { sourceError } from './source-error.ts'
import type { TransactionLog } from './transaction-log.ts'
import { PacketReader } from './wire/packet-reader.ts'
import type { RawConnection } from './wire/raw-connection.ts'
import { PACKET, readServerError, type ServerError } from './wire/server-packet.ts'

export interface StreamOptions {
  readonly raw: RawConnection
  readonly follower: BinlogFollower
  readonly log: TransactionLog
  readonly record: CaptureRecord
  readonly clock: Clock
  readonly zeros: ZeroDates
  readonly address: SourceAddress
  readonly serverId: number
  readonly isProofWanted: boolean
  readonly state: ProgressState
  readonly silenceMsMax: number
}

const STATUS_PAUSE_MS = 500
/** The server's error for all that keeps it from serving the binlog; its text tells which. */
const CANNOT_SERVE = 1236

/** Ends when the signal aborts; rejects when the connection is lost or the log refuses. */
export async function followStream(options: StreamOptions, signal: AbortSignal): Promise<void> {
  const { raw, log, clock, record, zeros, silenceMsMax, address } = options
  const silence = { sinceMs: clock.monotonicMs(), isOver: false }
  const stop = (): void => raw.stop()
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  const status = setInterval(() => {
    log.storeQuietPlace()
    record.zeroDates = zeros.count
    record.prepared = log.state.prepared.length
    if (clock.monotonicMs() - silence.sinceMs <= silenceMsMax) return
    silence.isOver = true
    raw.stop()
  }, STATUS_PAUSE_MS)
  try {
    await readPackets(options, signal, silence)
    if (silence.isOver) {
      const what = `nothing was heard for ${Math.round(silenceMsMax / 1000)} s`
      throw new MillraceError('CAPTURE_CONNECTION_LOST', { details: { source: address.source, what } })
    }
  } finally {
    signal.removeEventListener('abort', stop)
    clearInterval(status)
    await log.close()
    raw.close()
  }
}

async function readPackets(options: StreamOptions, signal: AbortSignal, silence: { sinceMs: number; isOver: boolean }): Promise<void> {
  const { raw, follower, log, record, clock } = options
  const packets = new PacketReader()
  for (;;) {
    while (packets.next()) {
      const { buffer, start, end } = packets
      const kind = buffer[start]
      if (kind === PACKET.OK) {
        if (record.phase !== 'running') Object.assign(record, { phase: 'running', error: null })
        const wait = follower.take(buffer, start + 1, end)
        if (wait !== null) await wait
      } else if (kind === PACKET.ERROR) throw dumpError(readServerError(buffer, start, end), options)
      else await raw.lost()
      if (log.failure !== null) throw log.failure
    }
    silence.sinceMs = clock.monotonicMs()
    const chunk = await raw.read()
    silence.sinceMs = clock.monotonicMs()
    if (log.failure !== null) throw log.failure
    if (chunk !== null) {
      record.lastContactMs = clock.nowMs()
      packets.push(chunk)
    } else if (signal.aborted || silence.isOver) return
    else await raw.lost()
  }
}

/** What the server says instead of the binlog, or in its middle. */
function dumpError(error: ServerError, { address, serverId, state, isProofWanted, record }: StreamOptions): Error {
  const { source } = address
  if (/same server_?(uuid|id)/i.test(error.message)) {
    return new MillraceError('CAPTURE_SERVER_ID_TAKEN', {
      cause: error,
      details: { source, serverId, what: 'another reader came with it' },
    })
  }
  if (error.errno !== CANNOT_SERVE) return sourceError(error, address, 'connected')
  if (isProofWanted && record.phase !== 'running') return new ProofGone(error)
  return new MillraceError('CAPTURE_BINLOG_LOST', { cause: error, details: { source, gtid: state.gtid, what: error.message } })
}
