/**
 * Parquet has not all of DuckDB's types: a HUGEINT (every sum of whole numbers is one) would come back as a
 * DOUBLE, an interval without its microseconds. Such values lie in a version as text, and are cast back
 * where it is read, so that a version's rows are exactly those that the SQL gave.
 */
import { quoteIdentifier } from '@millrace/sql/text'
import type { GraphColumn } from '../check/checked-graph.ts'

/** A word before a space is the name of a field. */
const LOST =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|ENUM\((?:'(?:[^']|'')*'(?:, )?)*\)|\b(?:HUGEINT|UHUGEINT|INTERVAL|TIME WITH TIME ZONE|BIT|BIGNUM)(?=[,)[]|$)/g
/** Kept in other bits, and exact again once they are cast. */
const NARROWED = /\[\d+\]|\bTIMESTAMP_(?:S|MS|NS)\b/

export function storedType(type: string): string {
  if (type.startsWith('UNION(')) return 'VARCHAR'
  return type.replaceAll(LOST, (part) => (part.startsWith("'") || part.startsWith('"') ? part : 'VARCHAR'))
}

/** The SELECT list that writes columns to Parquet; `*` where all go as they are. */
export function writtenColumns(columns: readonly GraphColumn[]): string {
  return listOf(columns, ({ type }) => (storedType(type) === type ? null : storedType(type)))
}

/** The SELECT list that reads them; by their names where files of several kinds are read. */
export function readColumns(columns: readonly GraphColumn[], byName = false): string {
  const castOf = ({ type }: GraphColumn): string | null => (storedType(type) === type && !NARROWED.test(type) ? null : type)
  return byName ? namedList(columns, castOf) : listOf(columns, castOf)
}

function listOf(columns: readonly GraphColumn[], castOf: (column: GraphColumn) => string | null): string {
  return columns.every((column) => castOf(column) === null) ? '*' : namedList(columns, castOf)
}

function namedList(columns: readonly GraphColumn[], castOf: (column: GraphColumn) => string | null): string {
  return columns
    .map((column) => {
      const name = quoteIdentifier(column.name)
      const cast = castOf(column)
      return cast === null ? name : `CAST(${name} AS ${cast}) AS ${name}`
    })
    .join(', ')
}
