/** What Postgres says of SQL, with its place in the file of the model. */
import { describeError } from '@millrace/base'
import type { SqlProblem } from '@millrace/sql/text'

interface PostgresError {
  readonly code?: string
  readonly position?: string
  readonly hint?: string
  readonly message: string
}

/** `prefix` is how many characters stand before the SQL in the statement. */
export function problemOfPostgres(error: unknown, sql: string, prefix: number): SqlProblem {
  const { code = '', position, hint, message } = asPostgres(error)
  const problem = hint === undefined ? message : `${message} (${hint.replace(/\.$/, '')})`
  // Postgres counts characters from one.
  const at = position === undefined ? null : Number(position) - 1 - prefix
  const byte = at === null || at < 0 ? null : Buffer.byteLength(Array.from(sql).slice(0, at).join(''))
  return { code: code === '42601' ? 'SQL_PARSE' : 'SQL_BIND', problem, byte }
}

/** The name of the relation that is not there; null where the error is another one. */
export function missingRelation(error: unknown): string | null {
  const { code, message } = asPostgres(error)
  return code === '42P01' ? (/"([^"]+)"/.exec(message)?.[1] ?? null) : null
}

/** Whether it is the SQL that is wrong, and not the connection. */
export function isSqlState(error: unknown): boolean {
  return /^(?:0A|22|23|2B|42|54)/.test(asPostgres(error).code ?? '')
}

/** What another session, or the server for a while, is in the way of; by SQLSTATE. */
const PASSING = /^(?:08|40|53300|55006|55P03|57P0[123])/

/** Whether the same may succeed later: a lost race, a deadlock, a lock that was not to be had, too many sessions, a server that restarts. */
export function mayPass(error: unknown): boolean {
  return PASSING.test(asPostgres(error).code ?? '')
}

function asPostgres(error: unknown): PostgresError {
  return error instanceof Error ? error : { message: describeError(error) }
}
