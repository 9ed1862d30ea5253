/**
 * Indexes that the planner would use for statements that read a whole table for a few of its rows. Either the
 * index is made, and the statement run, in a transaction that is rolled back; or what it would cost is reckoned
 * as the planner does, and told as an estimate.
 */
import { describeError, MillraceError } from '@millrace/base'
import type { Connection } from '../connect.ts'
import type { IndexAdvice, IndexEffect } from './advice.ts'
import { comparisonOf, type ExplainedPlan, type PlannedScan, readPlan } from './planned-scan.ts'
import type { ColumnShape, DatabaseShape, IndexShape, TableShape } from './shape.ts'

export interface Workload {
  /** Statements that the user gave: they must be right. */
  readonly given: readonly string[]
  /** Statements that the database itself has: its views. */
  readonly known: readonly string[]
  /** Makes each index, in a transaction that is rolled back. */
  readonly measure: boolean
}

interface Candidate {
  readonly table: TableShape
  readonly columns: readonly ColumnShape[]
  readonly served: { readonly sql: string; readonly plan: ExplainedPlan; readonly scan: PlannedScan }[]
}

/** Of fewer rows reading them all costs nothing. */
const ROWS_LEAST = 10_000
/** Who wants more of a table reads it whole anyway. */
const SHARE_MOST = 0.1
/** The statements must cost half at most. */
const COST_SHARE = 0.5
const COLUMNS_MOST = 3
const CANDIDATES_LIMIT = 20
const ROUNDS = 3
const ENTRY_BYTES = 16
const NAME = 'millrace_advised'

/** Raises ADVISE_STATEMENT_INVALID for one of the user's. */
export async function missingIndexes(connection: Connection, shape: DatabaseShape, workload: Workload): Promise<IndexAdvice[]> {
  const found = new Map<string, Candidate>()
  for (const sql of [...workload.given, ...workload.known]) {
    const plan = await planOf(connection, sql, workload.given.includes(sql))
    if (plan === null) continue
    for (const scan of plan.scans) {
      const candidate = candidateOf(shape, scan)
      if (candidate === null) continue
      const known = found.get(keyOf(candidate)) ?? { ...candidate, served: [] }
      known.served.push({ sql, plan, scan })
      found.set(keyOf(candidate), known)
    }
  }
  const advice: IndexAdvice[] = []
  for (const candidate of [...found.values()].slice(0, CANDIDATES_LIMIT)) {
    const reckon = (): Promise<Tried> => estimated(connection, candidate)
    // What takes too long or waits for a lock too long is reckoned after all.
    const tried = workload.measure ? await measured(connection, candidate).catch(reckon) : await reckon()
    if (tried !== null && tried.effect.cost.after <= tried.effect.cost.before * COST_SHARE) advice.push(adviceOf(candidate, tried))
  }
  return advice
}

interface Tried {
  readonly effect: IndexEffect
  readonly bytes: number
}

function adviceOf({ table, columns, served }: Candidate, { effect, bytes }: Tried): IndexAdvice {
  const list = columns.map(({ quoted }) => quoted).join(', ')
  const [first] = served
  const share = ((first?.scan.rows ?? 0) / table.rows) * 100
  return {
    kind: 'missing index',
    table: table.quoted,
    index: null,
    detail: `by (${list}): read whole for ${share < 0.1 ? 'less than 0.1' : share.toFixed(1)} % of its rows; ${table.wholeReads.toLocaleString('en-US')} times so far`,
    statement: `CREATE INDEX CONCURRENTLY ON ${table.quoted} (${list});`,
    bytes: -bytes,
    effect,
  }
}

function candidateOf({ tables, indexes }: DatabaseShape, scan: PlannedScan): Omit<Candidate, 'served'> | null {
  const table = tables.find(({ schema, name }) => schema === scan.schema && name === scan.table)
  if (table === undefined || table.rows < ROWS_LEAST || scan.rows > table.rows * SHARE_MOST) return null
  const compared = table.columns.map((column) => ({ column, how: comparisonOf(scan.filter, column.quoted) }))
  const equal = compared.flatMap(({ column, how }) => (how === 'equal' ? [column] : []))
  const range = compared.flatMap(({ column, how }) => (how === 'range' ? [column] : []))
  const byValues = (list: readonly ColumnShape[]): ColumnShape[] => list.toSorted((one, other) => other.distinct - one.distinct)
  const columns = [...byValues(equal).slice(0, COLUMNS_MOST - 1), ...byValues(range).slice(0, 1)]
  // The planner had such an index and did not want it.
  const isThere = indexes.some((index) => index.tableOid === table.oid && beginsWith(index, columns))
  return columns.length === 0 || isThere ? null : { table, columns }
}

function beginsWith({ columns, isPartial, kind }: IndexShape, wanted: readonly ColumnShape[]): boolean {
  return kind === 'btree' && !isPartial && wanted.every(({ number }, at) => columns[at] === number)
}

function keyOf({ table, columns }: Omit<Candidate, 'served'>): string {
  return [table.oid, ...columns.map(({ number }) => number)].join(' ')
}

async function planOf(connection: Connection, sql: string, isGiven: boolean): Promise<ExplainedPlan | null> {
  await connection.query('SAVEPOINT before_plan')
  const plan = await explain(connection, sql, '').catch((error: unknown) => describeError(error))
  await connection.query('ROLLBACK TO SAVEPOINT before_plan')
  const problem = typeof plan === 'string' ? plan : plan.writes ? 'it is no SELECT' : null
  if (problem !== null && isGiven) throw new MillraceError('ADVISE_STATEMENT_INVALID', { details: { statement: sql, problem } })
  return typeof plan === 'string' || plan.writes ? null : plan
}

/** In the extended protocol a text is one statement: what stands behind a semicolon is refused, not run. */
async function explain({ client }: Connection, sql: string, options: string): Promise<ExplainedPlan> {
  const text = `EXPLAIN (VERBOSE, FORMAT JSON${options}) ${sql.trim().replace(/;\s*$/, '')}`
  const config: { text: string } & Record<string, unknown> = { text, queryMode: 'extended' }
  const { rows } = await client.query<{ 'QUERY PLAN': unknown }>(config)
  return readPlan(rows[0]?.['QUERY PLAN'])
}

async function measured(connection: Connection, { table, columns, served }: Candidate): Promise<Tried | null> {
  const run = async (): Promise<ExplainedPlan[]> => {
    const plans: ExplainedPlan[] = []
    for (const { sql } of served) plans.push(await median(connection, sql))
    return plans
  }
  await connection.query('SAVEPOINT before_index')
  try {
    const before = await run()
    await connection.query(`CREATE INDEX ${NAME} ON ${table.quoted} (${columns.map(({ quoted }) => quoted).join(', ')})`)
    const after = await run()
    const [size] = await connection.query<{ bytes: number }>(
      `SELECT pg_relation_size(i.indexrelid)::float8 AS bytes FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = ${table.oid} AND c.relname = '${NAME}'`,
    )
    const cost = { before: sum(before, (plan) => plan.cost), after: sum(after, (plan) => plan.cost) }
    const ms = { before: sum(before, (plan) => plan.ms ?? 0), after: sum(after, (plan) => plan.ms ?? 0) }
    if (ms.after >= ms.before) return null
    return { effect: { by: 'measured', statements: served.map(({ sql }) => sql), cost, ms }, bytes: size?.bytes ?? 0 }
  } finally {
    await connection.query('ROLLBACK TO SAVEPOINT before_index')
  }
}

async function median(connection: Connection, sql: string): Promise<ExplainedPlan> {
  const plans: ExplainedPlan[] = []
  for (let round = 0; round < ROUNDS; round += 1) plans.push(await explain(connection, sql, ', ANALYZE, TIMING OFF'))
  return plans.toSorted((one, other) => (one.ms ?? 0) - (other.ms ?? 0))[Math.floor(ROUNDS / 2)] as ExplainedPlan
}

/** As the planner reckons an index scan: a descent, and pages of the table at random where rows do not lie in its order. */
async function estimated(connection: Connection, { table, columns, served }: Candidate): Promise<Tried> {
  const names = ['random_page_cost', 'seq_page_cost', 'cpu_tuple_cost', 'cpu_index_tuple_cost', 'cpu_operator_cost']
  const list = names.map((name) => `current_setting('${name}')::float8 AS ${name}`).join(', ')
  const [unit = {}] = await connection.query<Record<string, number>>(`SELECT ${list}`)
  const price = (name: string): number => unit[name] ?? 0
  const order = (columns[0]?.correlation ?? 0) ** 2
  const scanCost = (rows: number): number => {
    const scattered = Math.min(table.pages, (2 * table.pages * rows) / (2 * table.pages + rows))
    const together = Math.ceil((rows / table.rows) * table.pages)
    const pages = scattered * (1 - order) * price('random_page_cost') + together * order * price('seq_page_cost')
    const each = price('cpu_tuple_cost') + price('cpu_index_tuple_cost') + price('cpu_operator_cost') * columns.length
    return 2 * price('random_page_cost') + pages + rows * each
  }
  const before = served.reduce((total, { plan }) => total + plan.cost, 0)
  const after = served.reduce((total, { plan, scan }) => total + plan.cost - scan.cost + Math.min(scan.cost, scanCost(scan.rows)), 0)
  const width = columns.reduce((total, column) => total + (column.width ?? 0), ENTRY_BYTES)
  return {
    effect: { by: 'estimated', statements: served.map(({ sql }) => sql), cost: { before, after }, ms: null },
    bytes: (table.rows * width) / 0.9,
  }
}

function sum(plans: readonly ExplainedPlan[], of: (plan: ExplainedPlan) => number): number {
  return plans.reduce((total, plan) => total + of(plan), 0)
}
