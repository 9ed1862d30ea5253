/**
 * Many rows with few statements. Rows go in groups of fixed sizes, so that a prepared statement is met
 * again instead of being prepared anew for every count.
 */
import type { ControlStatement, ControlValue } from '@millrace/core'

const GROUP_SIZES = [64, 16, 4, 1]

export interface RowsTemplate {
  readonly before: string
  readonly columns: number
  readonly after: string
}

export function rowsStatements({ before, columns, after }: RowsTemplate, rows: readonly (readonly ControlValue[])[]): ControlStatement[] {
  const statements: ControlStatement[] = []
  let at = 0
  for (const size of GROUP_SIZES) {
    while (rows.length - at >= size) {
      statements.push({ sql: sqlFor(before, columns, size) + after, parameters: rows.slice(at, at + size).flat() })
      at += size
    }
  }
  return statements
}

const known = new Map<string, string>()

function sqlFor(before: string, columns: number, size: number): string {
  const name = `${size} ${before}`
  const sql =
    known.get(name) ??
    before +
      Array<string>(size)
        .fill(`(${Array<string>(columns).fill('?').join(', ')})`)
        .join(', ')
  known.set(name, sql)
  return sql
}
