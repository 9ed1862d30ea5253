import { MillraceError } from '@millrace/base'

/** Bytes that are no event: our own border checks, and those of Node's buffers and decompressors. */
export function isMalformed(error: unknown): error is Error {
  if (error instanceof RangeError) return true
  return error instanceof Error && !(error instanceof MillraceError) && 'code' in error && /^(ERR_|Z_|ZSTD_)/.test(String(error.code))
}
