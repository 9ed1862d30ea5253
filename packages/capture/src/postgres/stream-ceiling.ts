/**
 * The fastest that a program could take changes from this server: reads the same stream as capture does,
 * counts the changes and throws them away. Acknowledges nothing, so the same slot can be read again.
 */
import type { PostgresSource } from '@millrace/core'
import { quoteIdentifier, quoteLiteral } from './catalog/table.ts'
import { openReplication } from './check-source.ts'
import { positionFromText, readPosition } from './position.ts'
import { sourceError } from './source-error.ts'
import { FrameReader } from './wire/frame-reader.ts'
import { RawConnection } from './wire/raw-connection.ts'
import { MESSAGE, readServerError } from './wire/server-message.ts'

export interface CeilingOptions {
  readonly config: PostgresSource
  readonly slot: string
  readonly publication: string
  /** Reads until the server is past this position, as `pg_current_wal_lsn()` prints it. */
  readonly untilPosition: string
}

export interface Ceiling {
  readonly rows: number
  readonly bytes: number
  readonly elapsedMs: number
  readonly processorMs: number
}

const CHANGES = 0x77
const ROW_KINDS = new Set([0x49, 0x55, 0x44])

export async function streamCeiling({ config, slot, publication, untilPosition }: CeilingOptions): Promise<Ceiling> {
  const until = positionFromText(untilPosition)
  const { replication } = await openReplication({ name: 'ceiling', config })
  const raw = new RawConnection(replication)
  const frames = new FrameReader()
  const beganMs = performance.now()
  const began = process.cpuUsage()
  let rows = 0
  let bytes = 0
  try {
    const name = quoteLiteral(quoteIdentifier(publication))
    raw.query(`START_REPLICATION SLOT ${quoteIdentifier(slot)} LOGICAL 0/0 (proto_version '1', publication_names ${name}, messages 'true')`)
    for (let position = 0; position < until;) {
      const chunk = await raw.read()
      if (chunk === null) return await raw.lost()
      bytes += chunk.length
      frames.push(chunk)
      while (frames.next()) {
        const { buffer, kind, start, end } = frames
        if (kind === MESSAGE.ERROR) throw sourceError(readServerError(buffer, start, end), replication.address, 'connected')
        if (kind !== MESSAGE.COPY_DATA) continue
        if (buffer[start] !== CHANGES) position = readPosition(buffer, start + 1)
        else if (ROW_KINDS.has(buffer[start + 25] as number)) rows += 1
        // A commit tells the position after it: the end of the last one may be the end of all.
        else if (buffer[start + 25] === 0x43) position = readPosition(buffer, start + 35)
      }
    }
  } finally {
    await raw.finish()
  }
  const { user, system } = process.cpuUsage(began)
  return { rows, bytes, elapsedMs: performance.now() - beganMs, processorMs: (user + system) / 1000 }
}
