import { MillraceError } from '@millrace/base'

/** Bytes that are no event of a binlog: what reads them knows no place; whoever follows the binlog adds it. */
export class MalformedError extends Error {
  override readonly name: string = 'MalformedError'
}

/** Our own border checks, and those of Node's buffers and decompressors. */
export function isMalformed(error: unknown): error is Error {
  if (error instanceof MalformedError || error instanceof RangeError) return true
  return error instanceof Error && !(error instanceof MillraceError) && 'code' in error && /^(ERR_|Z_|ZSTD_)/.test(String(error.code))
}
