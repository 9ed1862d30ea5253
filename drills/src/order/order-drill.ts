import { DuckDBInstance } from '@duckdb/node-api'
import { seededRandom } from '@millrace/base'
import { checkOrder, duckdbPlan, obey, type Obeyed, type OrderedEngine, type PlanNode, postgresPlan } from '@millrace/batch'
import { startPostgres } from '@millrace/testing'
import { randomJoin, SIZES, TABLES, tableSql } from './random-join.ts'

/** Cross products that an order asks for are bounded by the engine's patience, not by ours. */
const STATEMENT_LIMIT_MS = 60_000

export interface OrderOptions {
  readonly cases: number
  readonly seed: number
  readonly note: (line: string) => void
}

export interface EngineOutcome {
  readonly engine: OrderedEngine
  readonly cases: number
  /** Plans that join in the stated order. */
  readonly obeyed: number
  readonly sameRows: number
  /** Statements that the engine, left alone, joins in another order. */
  readonly otherwise: number
  readonly broken: readonly string[]
}

export interface OrderOutcome {
  readonly engines: readonly EngineOutcome[]
}

/** One session of an engine. */
interface Session {
  readonly engine: OrderedEngine
  run(sql: string): Promise<void>
  rows(sql: string): Promise<string>
  explain(sql: string): Promise<PlanNode>
  close(): Promise<void>
}

export async function orderDrill({ cases, seed, note }: OrderOptions): Promise<OrderOutcome> {
  const engines: EngineOutcome[] = []
  for (const open of [openDuckdb, openPostgres]) {
    const session = await open()
    try {
      for (let at = 0; at < TABLES; at += 1) await session.run(`${tableSql(at)} from generate_series(1, ${SIZES[at]}) as g(i)`)
      engines.push(await drill(session, { cases, seed, note }))
    } finally {
      await session.close()
    }
  }
  return { engines }
}

async function drill(session: Session, { cases, seed, note }: OrderOptions): Promise<EngineOutcome> {
  const random = seededRandom(seed)
  const broken: string[] = []
  let [obeyed, sameRows, otherwise] = [0, 0, 0]
  for (let at = 0; at < cases; at += 1) {
    const { stated, free } = randomJoin(random)
    const told = obey(stated, session.engine)
    const order = told.orders[0]?.order
    if (order === undefined) {
      broken.push(`${stated}: ${told.problems.map(({ problem }) => problem).join('; ')}`)
      continue
    }
    const rows = await session.rows(free)
    if (checkOrder(await session.explain(free), order, (name) => name).verdict === 'broken') otherwise += 1
    await under(session, told, async () => {
      const { verdict, missing } = checkOrder(await session.explain(told.sql), order, (name) => name)
      if (verdict === 'obeyed') obeyed += 1
      else broken.push(`${stated}: ${verdict}, no join of ${JSON.stringify(missing)}`)
      if ((await session.rows(told.sql)) === rows) sameRows += 1
      else broken.push(`${stated}: other rows`)
    })
    if ((at + 1) % 50 === 0) note(`${session.engine}: ${at + 1} of ${cases}`)
  }
  return { engine: session.engine, cases, obeyed, sameRows, otherwise, broken: broken.slice(0, 20) }
}

async function under(session: Session, { settings }: Obeyed, work: () => Promise<void>): Promise<void> {
  for (const { set } of settings) await session.run(set)
  await work()
  for (const { reset } of settings) await session.run(reset)
}

async function openDuckdb(): Promise<Session> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' })
  const connection = await instance.connect()
  const read = async (sql: string): Promise<unknown[][]> => (await connection.runAndReadAll(sql)).getRowsJson()
  return {
    engine: 'duckdb',
    run: async (sql) => void (await connection.run(sql)),
    rows: async (sql) => JSON.stringify(await read(sql)),
    explain: async (sql) => duckdbPlan(String((await read(`EXPLAIN (FORMAT JSON) ${sql}`))[0]?.[1])),
    close: async () => {
      connection.closeSync()
      instance.closeSync()
      return Promise.resolve()
    },
  }
}

async function openPostgres(): Promise<Session> {
  const postgres = await startPostgres()
  await postgres.query(`set statement_timeout = ${STATEMENT_LIMIT_MS}`)
  return {
    engine: 'postgres',
    run: async (sql) => void (await postgres.query(sql)),
    rows: async (sql) => JSON.stringify(await postgres.query(sql)),
    explain: async (sql) => postgresPlan((await postgres.query(`explain (format json) ${sql}`))[0]?.['QUERY PLAN']),
    close: () => postgres.stop(),
  }
}

export function orderText({ engines }: OrderOutcome): string {
  return engines
    .flatMap(({ engine, cases, obeyed, sameRows, otherwise, broken }) => [
      `${engine}: ${obeyed} of ${cases} plans obey the stated order, ${sameRows} have the same rows; left alone ${otherwise} would be joined in another`,
      ...broken.map((line) => `  ${line}`),
    ])
    .join('\n')
}
