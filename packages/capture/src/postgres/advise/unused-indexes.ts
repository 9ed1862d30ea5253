/** Indexes that no query has read since Postgres counts, and that nothing else depends on. */
import type { IndexAdvice } from './advice.ts'
import type { DatabaseShape } from './shape.ts'

/** What is smaller is not worth a thought. */
const BYTES_LEAST = 1_000_000
/** Of a table that is hardly read nothing follows. */
const TABLE_READS_LEAST = 100

export function unusedIndexes({ tables, indexes, countedSince }: DatabaseShape): IndexAdvice[] {
  const tableOf = new Map(tables.map((table) => [table.oid, table]))
  return indexes.flatMap(({ tableOid, quoted, bytes, reads, isNeeded, servesReference }) => {
    const table = tableOf.get(tableOid)
    if (table === undefined || reads > 0 || isNeeded || servesReference || bytes < BYTES_LEAST) return []
    const tableReads = table.wholeReads + table.indexReads
    if (tableReads < TABLE_READS_LEAST) return []
    const since = countedSince.toISOString().slice(0, 16).replace('T', ' ')
    return [
      {
        kind: 'unused index' as const,
        table: table.quoted,
        index: quoted,
        detail: `not read once since ${since} UTC, while the table was read ${tableReads.toLocaleString('en-US')} times`,
        statement: `DROP INDEX CONCURRENTLY ${quoted};`,
        bytes,
        effect: null,
      },
    ]
  })
}
