import { readPosition } from '../position.ts'

/** What somebody wrote into the log with `pg_logical_emit_message`: for Millrace, its own heartbeat. */
export interface LogicalMessage {
  readonly position: number
  readonly prefix: string
  readonly content: string
}

export function readLogicalMessage(buffer: Buffer, start: number): LogicalMessage {
  const prefixEnd = buffer.indexOf(0, start + 9)
  const length = buffer.readInt32BE(prefixEnd + 1)
  return {
    position: readPosition(buffer, start + 1),
    prefix: buffer.toString('utf8', start + 9, prefixEnd),
    content: buffer.toString('utf8', prefixEnd + 5, prefixEnd + 5 + length),
  }
}
