/**
 * Of which tables an interval of a model reads only the same interval. Postgres's own plan tells: the filter on the
 * model's column is put around its SQL with parameters in the place of its bounds, and where the plan applies it to
 * a scan, the rows of that table outside of the interval cannot matter to what is inside. Where the filter stops
 * earlier (at a window, an aggregate without the column, the other side of a join), any row of that table may matter.
 */
import type { GraphColumn, IntervalUnit } from '@millrace/batch/graph'
import { quoteIdentifier } from '@millrace/sql/text'
import { conjunctsOf } from './conjuncts.ts'
import type { Session } from './session.ts'

export interface Scan {
  readonly schema: string
  readonly table: string
  readonly alias: string
  /** The time of a row, as SQL over the alias; null where the filter does not reach it. */
  readonly time: string | null
}

export interface ScansRequest {
  readonly sql: string
  readonly column: GraphColumn
  readonly unit: IntervalUnit
}

interface ExplainedNode {
  readonly Schema?: string
  readonly 'Relation Name'?: string
  readonly Alias?: string
  readonly Filter?: string
  readonly Plans?: readonly ExplainedNode[]
}

/** So that every scan has its whole filter in one place, and none is left out for the values of a probe. */
const PLAIN = ['indexscan', 'indexonlyscan', 'bitmapscan', 'tidscan', 'partition_pruning'].map((way) => `SET LOCAL enable_${way} = off`)
const PROBE = [
  ...PLAIN,
  'SET LOCAL constraint_exclusion = off',
  'SET LOCAL max_parallel_workers_per_gather = 0',
  'SET LOCAL plan_cache_mode = force_generic_plan',
]

let probes = 0

/** Within a transaction, in which what the SQL reads is there. */
export async function intervalScans(session: Session, { sql, column, unit }: ScansRequest): Promise<Scan[]> {
  const type = column.type.toLowerCase()
  const name = quoteIdentifier(column.name)
  // Of an equality Postgres also tells the other side of a join.
  const isEqual = type === 'date' && unit === 'day'
  const filter = isEqual ? `${name} = $1` : `${name} >= $1 AND ${name} < $2`
  const probe = `millrace_probe_${(probes += 1)}`
  await session.run('SAVEPOINT millrace_probe')
  for (const setting of PROBE) await session.run(setting)
  await session.runOne(
    `PREPARE ${probe} (${isEqual ? type : `${type}, ${type}`}) AS SELECT * FROM (\n${sql}\n) AS millrace_rows WHERE ${filter}`,
  )
  const [row] = await session.objects<{ 'QUERY PLAN': readonly { Plan: ExplainedNode }[] }>(
    `EXPLAIN (VERBOSE, FORMAT JSON) EXECUTE ${probe} (${isEqual ? 'NULL' : 'NULL, NULL'})`,
  )
  await session.run(`DEALLOCATE ${probe}`)
  await session.run('ROLLBACK TO SAVEPOINT millrace_probe')
  const scans: Scan[] = []
  const visit = (node: ExplainedNode): void => {
    const { Schema: schema = '', 'Relation Name': table, Alias: alias = '' } = node
    if (table !== undefined) scans.push({ schema, table, alias, time: isEqual ? equalTime(node) : boundedTime(node) })
    for (const child of node.Plans ?? []) visit(child)
  }
  visit(row?.['QUERY PLAN'][0]?.Plan ?? {})
  return scans
}

function equalTime({ Filter: filter = '' }: ExplainedNode): string | null {
  for (const part of conjunctsOf(filter)) {
    const time = part.endsWith(' = $1') ? part.slice(0, -' = $1'.length) : part.startsWith('$1 = ') ? part.slice('$1 = '.length) : null
    if (time !== null && isOwn(time)) return time
  }
  return null
}

function boundedTime({ Filter: filter = '' }: ExplainedNode): string | null {
  const parts = conjunctsOf(filter)
  for (const part of parts) {
    const time = part.endsWith(' >= $1') ? part.slice(0, -' >= $1'.length) : null
    if (time !== null && isOwn(time) && parts.includes(`${time} < $2`)) return time
  }
  return null
}

/** No parameter and no plan beside the tree stands in it. */
function isOwn(time: string): boolean {
  return !/\$\d|SubPlan|InitPlan/.test(time)
}
