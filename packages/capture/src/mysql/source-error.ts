/** What the server or the network says, as an error that tells the way out. No password is ever part of it. */
import { describeError, MillraceError } from '@millrace/base'
import type { SourceAddress } from './connect.ts'

const UNREACHABLE = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT'])
/** Too many connections; starting or stopping. */
const BUSY = new Set([1040, 1053, 1079, 1203, 1226, 3168])
const REFUSED = new Set([1045, 1130, 1251, 1698, 1820, 3118, 4151])
const DATABASE_REFUSED = 1044
const DATABASE_MISSING = 1049
/** Killed by somebody, or lost on the way. */
const LOST = new Set([1077, 1152, 1153, 1158, 1159, 1160, 1161, 1317, 1927, 2006, 2013])
const PERMISSION = new Set([1142, 1143, 1227, 1370])

export function sourceError(error: unknown, address: SourceAddress, phase: 'connecting' | 'connected'): MillraceError {
  if (error instanceof MillraceError) return error
  const { source, host, user, database } = address
  const errno = errnoOf(error)
  const what = describeError(error)
  const raise = (code: ConstructorParameters<typeof MillraceError>[0], details: Record<string, string | number>): MillraceError =>
    new MillraceError(code, { cause: error, details: { source, ...details } })

  if (REFUSED.has(errno)) return raise('SOURCE_MYSQL_AUTHENTICATION', { host, user, what })
  if (errno === DATABASE_MISSING) return raise('SOURCE_DATABASE_MISSING', { host, database })
  if (errno === DATABASE_REFUSED || PERMISSION.has(errno)) {
    return raise('SOURCE_PERMISSION', {
      user,
      action: `do this (${what})`,
      fix: `${grants(user, database)}${furtherGrants(what, user, database)}`,
    })
  }
  if (/SSL|TLS|certificate|self.signed|ALTNAME/i.test(what) && phase === 'connecting') return raise('SOURCE_TLS', { host, what })
  if (BUSY.has(errno) || UNREACHABLE.has(codeOf(error))) return raise('SOURCE_UNREACHABLE', { host, what })
  if (errno === 0 || LOST.has(errno))
    return raise(phase === 'connecting' ? 'SOURCE_UNREACHABLE' : 'CAPTURE_CONNECTION_LOST', { host, what })
  return raise('SOURCE_FAILED', { sqlstate: errno, what })
}

/** The least that capture needs. MariaDB calls the second of the global ones BINLOG MONITOR; both know this name. */
export function grants(user: string, database: string): string {
  return `GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO '${user}'@'%'; GRANT SELECT ON \`${database}\`.* TO '${user}'@'%';`
}

/** What only some servers and tables need: the short lock of a snapshot of MySQL, and that of tables without versions. */
function furtherGrants(what: string, user: string, database: string): string {
  if (what.includes('RELOAD')) return ` GRANT RELOAD ON *.* TO '${user}'@'%';`
  return what.includes('to database') ? ` GRANT LOCK TABLES ON \`${database}\`.* TO '${user}'@'%';` : ''
}

/** The server's own number of the error; 0 where it is not the server's. */
export function errnoOf(error: unknown): number {
  return error instanceof Error && 'errno' in error && typeof error.errno === 'number' && error.errno > 0 ? error.errno : 0
}

function codeOf(error: unknown): string {
  if (error instanceof AggregateError) return codeOf(error.errors[0])
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}
