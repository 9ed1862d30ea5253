/** What indexes and tables of a Postgres source would be better otherwise. Changes nothing. */
import type { PostgresSource } from '@millrace/core'
import { connect } from '../connect.ts'
import type { IndexAdvice } from './advice.ts'
import { bloated } from './bloat.ts'
import { missingIndexes } from './missing-indexes.ts'
import { type DatabaseShape, readShape } from './shape.ts'
import { unusedIndexes } from './unused-indexes.ts'

export interface IndexRequest {
  readonly name: string
  readonly config: PostgresSource
  /** SELECT statements that are to be fast. The views of the database are looked at as well. */
  readonly statements: readonly string[]
  /** Makes missing indexes to measure them, and rolls that back: meanwhile nobody can write to the table. */
  readonly measure: boolean
}

const VIEWS_LIMIT = 500
const STATEMENT_MS_MAX = 60_000

const VIEWS = `
SELECT pg_get_viewdef(c.oid) AS sql FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('v', 'm') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') ORDER BY c.oid LIMIT ${VIEWS_LIMIT}`

/** Raises ADVISE_STATEMENT_INVALID, and what connecting raises. */
export async function adviseIndexes({ name, config, statements, measure }: IndexRequest): Promise<IndexAdvice[]> {
  const connection = await connect({ name, config }, 'control')
  try {
    await connection.query(measure ? 'BEGIN' : 'BEGIN READ ONLY')
    await connection.query(`SET LOCAL statement_timeout = ${STATEMENT_MS_MAX}`)
    // With helpers and compilation the same plan would cost something else each time.
    await connection.query('SET LOCAL max_parallel_workers_per_gather = 0')
    await connection.query('SET LOCAL jit = off')
    const shape = await readShape(connection.query)
    const views = await connection.query<{ sql: string }>(VIEWS)
    const workload = { given: statements, known: views.map(({ sql }) => sql), measure }
    const missing = await missingIndexes(connection, shape, workload)
    return [...missing, ...unusedIndexes(shape), ...(await bloated(connection.query, shape)), ...readWhole(shape, missing)]
  } finally {
    await connection.query('ROLLBACK').catch(() => undefined)
    connection.close()
  }
}

const ROWS_LEAST = 10_000
const WHOLE_READS_LEAST = 1000

/** Big tables that are read whole again and again, by statements that nobody has told. */
function readWhole({ tables }: DatabaseShape, missing: readonly IndexAdvice[]): IndexAdvice[] {
  return tables.flatMap(({ quoted, rows, wholeReads, indexReads }) => {
    if (rows < ROWS_LEAST || wholeReads < WHOLE_READS_LEAST || wholeReads < indexReads) return []
    if (missing.some(({ table }) => table === quoted)) return []
    const detail = `${wholeReads.toLocaleString('en-US')} times, of ${Math.round(rows).toLocaleString('en-US')} rows each; tell the statement to find the index`
    return [{ kind: 'read whole' as const, table: quoted, index: null, detail, statement: null, bytes: 0, effect: null }]
  })
}
