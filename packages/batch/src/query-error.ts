/** DuckDB's complaints about SQL as ours: with the line, the column and a frame that points at the place. */
import { describeError, MillraceError } from '@millrace/base'
import type { DuckDBConnection } from '@duckdb/node-api'
import { missingRelation, quoteLiteral, sqlFrame } from '@millrace/sql/text'
import { problemOf, type SyntaxProblem } from './references.ts'

export function queryError(sql: string, { problem, byte }: SyntaxProblem): MillraceError {
  const before = Buffer.from(sql)
    .subarray(0, byte ?? 0)
    .toString()
    .split('\n')
  const line = before.length
  const column = (before.at(-1) ?? '').length + 1
  return new MillraceError('QUERY_INVALID', {
    details: { line, column, problem: problem.replace(/\.$/, '') },
    ...(byte === null ? {} : { frame: sqlFrame(sql, { line, column }) }),
  })
}

/** Refuses SQL that does not bind to the tables at hand, the `known`. Plans that DuckDB cannot write down pass: they run. */
export async function checkBinding(connection: DuckDBConnection, sql: string, known: readonly string[]): Promise<void> {
  const result = await connection.runAndReadAll(`SELECT json_serialize_plan(${quoteLiteral(sql)}, optimize := false)`)
  const answer = JSON.parse(String(result.getRows()[0]?.[0])) as Readonly<Record<string, unknown>>
  const kind = String(answer['error_type'] ?? '')
  if (answer['error'] !== true || !REFUSALS.has(kind)) return
  const { problem, byte } = problemOf(answer)
  const isMissing = answer['error_subtype'] === 'MISSING_ENTRY' && answer['type'] === 'Table'
  throw queryError(sql, { problem: isMissing ? missingRelation(String(answer['name']), known) : problem, byte })
}

const REFUSALS = new Set(['parser', 'binder', 'catalog'])

/** A statement that bound but failed: for want of an answer, or because it reached for what is closed to it. */
export function runError(sql: string, error: unknown): MillraceError {
  const problem = problemOfRun(error)
  if (problem.startsWith('Permission Error')) return queryError(sql, { problem, byte: null })
  return new MillraceError('QUERY_FAILED', { cause: error, details: { problem } })
}

/** What DuckDB throws while a statement runs: it bound, but a row had no answer, or a resource ended. */
export function problemOfRun(error: unknown): string {
  return describeError(error)
    .replace(/\n[\s\S]*$/, '')
    .replace(/\.$/, '')
}
