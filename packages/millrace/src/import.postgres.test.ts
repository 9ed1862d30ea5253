import { type Postgres, startPostgres } from '@millrace/testing'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Finished, makeProject, Run } from './testing/run-cli.ts'

let postgres: Postgres
const place = makeProject({ 'full/kept.txt': 'kept' })

beforeAll(async () => {
  postgres = await startPostgres()
})

afterAll(async () => {
  await postgres?.stop()
  place.remove()
})

const run = async (...words: string[]): Promise<Finished> => new Run(['import', ...words, '--json'], { folder: place.folder }).finished

/** A database of its own with what the test needs. */
async function databaseOf(name: string, ...statements: string[]): Promise<string> {
  await postgres.query(`create database ${name}`)
  const url = postgres.urlFor({ database: name })
  const { default: pg } = await import('pg')
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  for (const statement of statements) await client.query(statement)
  await client.end()
  return url
}

interface Report {
  readonly views: number
  readonly translated: number
  readonly refused: readonly {
    readonly view: string
    readonly construct: string
    readonly reason: string
    readonly line: number | null
    readonly file: string
  }[]
  readonly waiting: readonly string[]
  readonly renamed: readonly { readonly view: string; readonly model: string }[]
  readonly rows: number
}

const reportOf = ({ stdout }: Finished): Report => JSON.parse(stdout) as Report
const errorOf = ({ stdout, stderr }: Finished): string =>
  (JSON.parse((stdout.trim() || stderr.trim()).split('\n').at(-1) ?? '') as { code?: string; error?: { code: string } }).error?.code ??
  JSON.stringify(stdout + stderr)

test('a tree of views becomes a project: models with comments, a config, seeds of the tables', async () => {
  const url = await databaseOf(
    'shop',
    'create table orders (id integer primary key, total numeric(10,2), country char(3))',
    "insert into orders values (1, 10.5, 'DE'), (2, 4, 'AT')",
    'create function net(gross numeric) returns numeric language sql return round(gross / 1.19, 2)',
    'create view order_nets as select id, net(total) as net, country from orders',
    'create materialized view country_nets as select country, sum(net) as net from order_nets group by country',
    "comment on materialized view country_nets is 'What each country brings.'",
  )
  const finished = await run(url, '--into', 'shop', '--snapshot')
  expect(finished.code, finished.stderr).toBe(0)
  expect(reportOf(finished)).toMatchObject({ views: 2, translated: 2, refused: [], waiting: [], rows: 2 })
  const model = readFileSync(join(place.folder, 'shop/models/public/public.country_nets.sql'), 'utf8')
  expect(model).toContain('-- What each country brings.\n')
  expect(model).toContain('-- @materialize table\n')
  expect(model).toContain('FROM public.order_nets')
  expect(existsSync(join(place.folder, 'shop/seeds/shop.orders.parquet'))).toBe(true)
  const checked = await new Run(['check', '--json'], { folder: join(place.folder, 'shop') }).finished
  expect(checked.code, checked.stdout + checked.stderr).toBe(0)
}, 60_000)

test('what cannot be translated is listed with its place and reason, and left as a disabled model with its legacy SQL', async () => {
  const url = await databaseOf(
    'odd',
    'create table t (id integer, amount numeric(10,2))',
    'create function even(n integer) returns boolean language sql as $$ select n = 0 $$',
    'create function odd(n integer) returns boolean language sql as $$ select n <> 0 and even(n - 1) $$',
    'create or replace function even(n integer) returns boolean language sql as $$ select n = 0 or odd(n - 1) $$',
    'create view in_circles as select id, even(id) as even from t',
    'create view spread as select\n  stddev(amount) as deviation from t',
    'create view reader as select deviation + 1 as more from spread',
    'create view "Totals" as select sum(amount) as total from t',
    'create view totals as select count(*) as "Total", sum(id) as total from t',
  )
  const finished = await run(url, '--into', 'odd')
  expect(finished.code, finished.stderr).toBe(3)
  const report = reportOf(finished)
  expect(report.refused.map(({ view }) => view)).toEqual(['public.in_circles', 'public.spread'])
  expect(report.refused[0]?.reason).toContain('calls itself')
  expect(report.refused[1]).toMatchObject({ construct: 'stddev(numeric)', line: 1 })
  expect(report.waiting).toEqual(['public.reader'])
  expect(report.renamed).toEqual([
    { view: 'public.Totals', model: 'public.totals' },
    { view: 'public.totals', model: 'public.totals_2' },
  ])
  const left = readFileSync(join(place.folder, 'odd', report.refused[1]?.file ?? ''), 'utf8')
  expect(left).toMatch(/-- @disabled stddev\(numeric\) .*: its result has as many digits/)
  expect(left).toContain('stddev(amount)')
  expect(readFileSync(join(place.folder, 'odd/models/public/public.totals_2.sql'), 'utf8')).toContain('"Total"')
  expect(readFileSync(join(place.folder, 'odd/millrace.config.ts'), 'utf8')).toContain("tables: ['public.t']")
}, 60_000)

test('an import that cannot begin says why, and leaves no folder behind', async () => {
  const wrong = postgres.url.replace(/:[^:@/]+@/, ':wrong@')
  expect(errorOf(await run(wrong, '--into', 'none'))).toBe('SOURCE_AUTHENTICATION')
  expect(errorOf(await run('oracle://localhost/x', '--into', 'none'))).toBe('SOURCE_URL_INVALID')
  const empty = await databaseOf('bare', 'create table t (id integer)')
  expect(errorOf(await run(empty, '--into', 'none'))).toBe('IMPORT_NOTHING')
  expect(errorOf(await run(empty, '--into', 'none', '--schemas', 'sales'))).toBe('IMPORT_NOTHING')
  expect(errorOf(await run(empty, '--into', 'full'))).toBe('IMPORT_FOLDER_NOT_EMPTY')
  expect(existsSync(join(place.folder, 'none'))).toBe(false)
}, 60_000)
