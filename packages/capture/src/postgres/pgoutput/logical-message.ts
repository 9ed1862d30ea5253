/** What somebody wrote into the log with `pg_logical_emit_message`: for Millrace, its own heartbeat. */
export interface LogicalMessage {
  readonly content: string
}

/** Null for a message with another prefix: applications use them too, and theirs may be large. */
export function readLogicalMessage(buffer: Buffer, start: number, prefix: string): LogicalMessage | null {
  // The flags and the position stand before the prefix.
  const prefixEnd = buffer.indexOf(0, start + 9)
  if (buffer.toString('utf8', start + 9, prefixEnd) !== prefix) return null
  const length = buffer.readInt32BE(prefixEnd + 1)
  return { content: buffer.toString('utf8', prefixEnd + 5, prefixEnd + 5 + length) }
}
