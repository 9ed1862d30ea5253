/** What Postgres or the network says, as an error that tells the way out. No password is ever part of it. */
import { describeError, MillraceError } from '@millrace/base'
import { quoteIdentifier } from './catalog/table.ts'
import type { SourceAddress } from './connect.ts'

const UNREACHABLE = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'ENOENT', 'EACCES'])
const LOST = new Set(['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED'])

const POOLER = /unsupported startup parameter|unsupported .*replication|pgbouncer|bouncer|pooler/i

export function sourceError(error: unknown, address: SourceAddress, phase: 'connecting' | 'connected'): MillraceError {
  if (error instanceof MillraceError) return error
  const { source, host, user, database } = address
  const code = codeOf(error)
  const what = describeError(error)
  const raise = (known: ConstructorParameters<typeof MillraceError>[0], details: Record<string, string>): MillraceError =>
    new MillraceError(known, { cause: error, details: { source, ...details } })

  // A pooler takes no settings at the start, or says itself what it is.
  if (code === '08P01' && POOLER.test(what)) return raise('SOURCE_POOLER', { host, what })
  if (code === '28P01' || code === '28000') return refusedUser(error, address)
  if (/password must be a string/i.test(what))
    return raise('SOURCE_AUTHENTICATION', { host, user, what: 'it asks for a password and the url has none' })
  if (code === '3D000') return raise('SOURCE_DATABASE_MISSING', { host, database })
  if (code === '42501' && /wal sender|replication/i.test(what)) return replicationRefused(source, user, error)
  if (code === '42501')
    return raise('SOURCE_PERMISSION', { user, action: `do this (${what})`, fix: `GRANT … TO ${quoteIdentifier(user)};` })
  if (isTls(code, what)) return raise('SOURCE_TLS', { host, what })
  if (code === '53400' || (code === '53300' && /replication|wal/i.test(what))) return raise('CAPTURE_SLOT_LIMIT', {})
  if (UNREACHABLE.has(code) || (phase === 'connecting' && !isSqlState(code))) return raise('SOURCE_UNREACHABLE', { host, what })
  // 57P03: it starts up or shuts down; 53300: no connection to spare.
  if (code === '57P03' || code === '53300') return raise('SOURCE_UNREACHABLE', { host, what })
  // 57P01, 57P02: ended by an administrator or a crash.
  if (LOST.has(code) || code === '57P01' || code === '57P02' || !isSqlState(code)) return raise('CAPTURE_CONNECTION_LOST', { what })
  return raise('SOURCE_FAILED', { sqlstate: code, what })
}

/** 28000 also stands for a role without the attribute REPLICATION, and for pg_hba.conf. */
function refusedUser(error: unknown, { source, host, user }: SourceAddress): MillraceError {
  const what = describeError(error)
  if (/replication/i.test(what) && !/pg_hba/i.test(what)) return replicationRefused(source, user, error)
  return new MillraceError('SOURCE_AUTHENTICATION', { cause: error, details: { source, host, user, what } })
}

export function replicationRefused(source: string, user: string, cause?: unknown): MillraceError {
  return new MillraceError('SOURCE_PERMISSION', {
    cause,
    details: { source, user, action: 'read the write-ahead log', fix: `ALTER ROLE ${quoteIdentifier(user)} REPLICATION;` },
  })
}

export function codeOf(error: unknown): string {
  if (error instanceof AggregateError) return codeOf(error.errors[0])
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : ''
}

function isSqlState(code: string): boolean {
  return /^[0-9A-Z]{5}$/.test(code) && /\d/.test(code)
}

function isTls(code: string, what: string): boolean {
  return /CERT|SSL|TLS|ALTNAME|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code) || /does not support SSL|SSL connection/i.test(what)
}
