/**
 * The relation that a keyless stream's changes add up to, as SQL over its change table: a multiset in
 * which a whole row is its own identity. An insert adds one copy, a delete takes one, an update does both.
 */
import { OPERATION, type Type } from '@millrace/core'

export interface KeylessFold {
  /** A relation with the columns of a change table, in which `sequence` orders the changes. */
  readonly changes: string
  readonly types: readonly Type[]
  /** Whether the stream holds nothing but inserts; then nothing needs to be counted. */
  readonly onlyInserts: boolean
}

/** A `SELECT` of `a0…`, each row as often as it is in the multiset. */
export function foldKeyless(fold: KeylessFold): string {
  const columns = names(fold)
  if (fold.onlyInserts) return `SELECT ${columns.join(', ')} FROM ${fold.changes}`
  return `WITH counted AS (${countKeyless(fold)}) SELECT ${columns.join(', ')} FROM counted, unnest(range(copies))`
}

/**
 * Each distinct row with `copies`, how often it is there. A negative number tells of a lost insert.
 * Zero and minus zero are equal but not the same row, so the sign takes part.
 */
export function countKeyless(fold: KeylessFold): string {
  const columns = names(fold)
  const signs = fold.types.flatMap((type, at) => (type.kind === 'float32' || type.kind === 'float64' ? [`signbit(a${at})`] : []))
  const since = `sequence > (SELECT coalesce(max(sequence), -1) FROM ${fold.changes} WHERE operation = ${OPERATION.TRUNCATE})`
  const olds = columns.map((name, at) => `b${at} AS ${name}`)
  return `
    SELECT ${columns.join(', ')}, CAST(sum(weight) AS BIGINT) AS copies FROM (
      SELECT ${columns.join(', ')}, CASE WHEN operation = ${OPERATION.DELETE} THEN -1 ELSE 1 END AS weight FROM ${fold.changes} WHERE ${since}
      UNION ALL
      SELECT ${olds.join(', ')}, -1 AS weight FROM ${fold.changes} WHERE ${since} AND operation = ${OPERATION.UPDATE}
    ) GROUP BY ${[...columns, ...signs].join(', ')} HAVING sum(weight) <> 0`
}

function names(fold: KeylessFold): string[] {
  return fold.types.map((_, at) => `a${at}`)
}
