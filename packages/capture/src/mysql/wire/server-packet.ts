/** Answers of the server that are not data. */
export const PACKET = { OK: 0x00, END: 0xfe, ERROR: 0xff } as const

/** An error as the server tells it; `errno` and `code` as `mysql2` names them. */
export class ServerError extends Error {
  override readonly name: string = 'ServerError'
  readonly errno: number
  readonly sqlState: string

  constructor(errno: number, sqlState: string, message: string) {
    super(message)
    this.errno = errno
    this.sqlState = sqlState
  }
}

export function readServerError(buffer: Buffer, start: number, end: number): ServerError {
  const errno = buffer.readUInt16LE(start + 1)
  const marked = buffer[start + 3] === 0x23
  const sqlState = marked ? buffer.toString('latin1', start + 4, start + 9) : ''
  return new ServerError(errno, sqlState, buffer.toString('utf8', marked ? start + 9 : start + 3, end))
}
