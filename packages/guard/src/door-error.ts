/** What the sockets say, as a code that tells the way out. */
import { describeError, MillraceError } from '@millrace/base'

export interface FailedRequest {
  readonly host: string
  readonly timeoutMs: number
}

const TLS = /^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|ERR_TLS_|ERR_SSL_|EPROTO)/

export function doorError(cause: unknown, { host, timeoutMs }: FailedRequest): MillraceError {
  if (cause instanceof MillraceError) return cause
  const code = codeOf(cause)
  const reason = code === '' ? describeError(cause) : code
  if (code === 'HPE_HEADER_OVERFLOW') return new MillraceError('DOOR_RESPONSE_TOO_LARGE', { cause, details: { host, timeoutMs } })
  if (code.startsWith('HPE_')) return new MillraceError('DOOR_RESPONSE_INVALID', { cause, details: { host, reason } })
  if (TLS.test(code)) return new MillraceError('DOOR_TLS_REFUSED', { cause, details: { host, reason } })
  return new MillraceError('DOOR_UNREACHABLE', { cause, details: { host, reason } })
}

function codeOf(cause: unknown): string {
  const code = (cause as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : ''
}
