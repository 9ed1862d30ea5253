/** Letters of Postgres's protocol, and the one message of it that is read in full: the error. */
export const MESSAGE = {
  COPY_DATA: 0x64,
  COPY_DONE: 0x63,
  COPY_BOTH: 0x57,
  COPY_OUT: 0x48,
  COMMAND_COMPLETE: 0x43,
  READY: 0x5a,
  ERROR: 0x45,
  NOTICE: 0x4e,
  PARAMETER: 0x53,
} as const

/** An error as the server tells it, shaped as `pg` shapes its own. */
export class ServerError extends Error {
  override readonly name = 'ServerError'
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** Fields of a letter and a text each, ended by a zero byte. */
export function readServerError(buffer: Buffer, start: number, end: number): ServerError {
  const fields = new Map<string, string>()
  for (let at = start; at < end && buffer[at] !== 0;) {
    const stop = buffer.indexOf(0, at + 1)
    fields.set(String.fromCharCode(buffer[at] as number), buffer.toString('utf8', at + 1, stop))
    at = stop + 1
  }
  return new ServerError(fields.get('C') ?? 'XX000', fields.get('M') ?? 'unknown error')
}

/** What a frame of the stream is: changes, or a sign of life. */
export const CHANGES = 0x77
export const KEEPALIVE = 0x6b
/** Frame: kind of message, start and end of the position, time; then pgoutput's own message. */
export const CHANGES_HEADER_BYTES = 25
