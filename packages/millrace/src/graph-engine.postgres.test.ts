/** Models that stay on a Postgres: bound, computed, published and read there, by the rules of every other model. */
import { type Postgres, startPostgres } from '@millrace/testing'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { GraphFolder } from './testing/graph-folder.ts'
import { runCli } from './testing/run-cli.ts'
import { dropVersions, warehouseProject } from './testing/warehouse.ts'

const MODELS = {
  'models/sold.sql': '-- @engine warehouse\nselect shop, sum(amount)::bigint as total from public.sales group by shop',
  'models/best.sql': '-- @engine warehouse\nselect shop, total from sold where total = (select max(total) from sold)',
  'models/report.sql': "-- @materialize table\nselect shop || '!' as shop, total + 1 as total from best",
}
const LEFT = `select schemaname as schema, tablename as name from pg_tables where schemaname like 'millrace\\_%' order by 1, 2`

let postgres: Postgres
let project: GraphFolder

beforeAll(async () => {
  postgres = await startPostgres()
})

afterAll(() => postgres.stop())

beforeEach(async () => {
  await postgres.query(`drop schema public cascade; create schema public;
    create table public.sales (id int primary key, shop text not null, amount int not null);
    insert into public.sales values (1, 'A', 1), (2, 'A', 2), (3, 'B', 5)`)
  project = warehouseProject(postgres, MODELS)
})

afterEach(async () => {
  await dropVersions(postgres)
  project.remove()
})

const shown = (name: string, environment = 'prod'): Promise<unknown[]> =>
  postgres.query(`select * from "millrace_${environment}"."${name}" order by 1`)
const tablesLeft = async (): Promise<number> => (await postgres.query(LEFT)).length

test('a model is computed on its server, and a model of DuckDB reads its rows', async () => {
  const first = await project.run()
  expect([first.status, first.computed]).toEqual(['published', 4])
  expect(await shown('sold')).toEqual([
    { shop: 'A', total: '3' },
    { shop: 'B', total: '5' },
  ])
  expect(await shown('best')).toEqual([{ shop: 'B', total: '5' }])
  expect(await project.rows('select * from report')).toEqual([['B!', '6']])
  expect(await project.run()).toMatchObject({ status: 'unchanged', computed: 0 })
})

test('comments, white space and aliases compute nothing; another meaning computes the model and those behind it', async () => {
  await project.run()
  project.write({
    'models/sold.sql':
      '-- @engine warehouse\n-- Per shop.\nselect  s.shop, sum(s.amount)::bigint /* all */ as total\nfrom sales as s group by s.shop;',
  })
  expect(await project.wouldCompute()).toEqual([])
  project.write({ 'models/sold.sql': '-- @engine warehouse\nselect shop, max(amount)::bigint as total from sales group by shop' })
  expect(await project.wouldCompute()).toEqual(['sold', 'best', 'report'])
})

test('other rows in a table compute what reads it; the same rows in another order compute nothing', async () => {
  await project.run()
  await postgres.query("delete from sales where id = 1; insert into sales values (1, 'A', 1)")
  expect(await project.wouldCompute()).toEqual([])
  await postgres.query('update sales set amount = 9 where id = 1')
  expect(await project.wouldCompute()).toEqual(['warehouse:public.sales', 'sold', 'best', 'report'])
  await project.run()
  expect(await project.rows('select * from report')).toEqual([['A!', '12']])
})

test('tables and columns of any name are read, and their changes seen', async () => {
  const from = '"Old Books"."Sales ""2026"""'
  await postgres.query(`create schema "Old Books"; create table ${from} ("Shop" text, amount int); insert into ${from} values ('A', 1)`)
  project.write({ 'models/sold.sql': `-- @engine warehouse\nselect "Shop" as shop, amount::bigint as total from ${from}` })
  await project.run()
  expect(await project.wouldCompute()).toEqual([])
  await postgres.query(`update ${from} set amount = 7`)
  await project.run()
  expect(await project.rows('select * from report')).toEqual([['A!', '8']])
  await postgres.query('drop schema "Old Books" cascade')
})

test('a function that a model calls is part of what it means', async () => {
  await postgres.query('create function twice(n int) returns int language sql immutable as $$ select n * 2 $$')
  project.write({ 'models/sold.sql': '-- @engine warehouse\nselect shop, sum(twice(amount))::bigint as total from sales group by shop' })
  await project.run()
  expect(await project.wouldCompute()).toEqual([])
  await postgres.query('create or replace function twice(n int) returns int language sql immutable as $$ select n * 20 $$')
  expect(await project.wouldCompute()).toEqual(['sold', 'best', 'report'])
})

test('a model that asks the server for the time is computed with each run, and no other is', async () => {
  project.write({ 'models/days.sql': "-- @engine warehouse\nselect date '2026-01-01' as day" })
  for (const expression of ['now()', 'current_date', "age(timestamp '2026-01-01')"]) {
    project.write({ 'models/asks.sql': `-- @engine warehouse\nselect id, (${expression})::text as asked from public.sales` })
    await project.run()
    expect(await project.wouldCompute()).toEqual(['asks'])
  }
  project.write({
    'models/asks.sql': '-- @engine warehouse\nselect id, current_user::text as asked, age(day, day)::text as none from public.sales, days',
  })
  await project.run()
  expect(await project.wouldCompute()).toEqual([])
})

test('all errors are told at once, each at its place, and what only follows from one is held back', async () => {
  project.write({
    'models/sold.sql': '-- @engine warehouse\nselect shop,\n  sum(amuont) as total from sales group by shop',
    'models/typo.sql': '-- @engine warehouse\nselect 1 as a,\nfrom sales',
    'models/lost.sql': '-- @engine warehouse\nselect * from nowhere',
    'models/two.sql': '-- @engine warehouse\nselect 1 as a; drop table sales',
    'models/ring.sql': '-- @engine warehouse\nselect * from gnir',
    'models/gnir.sql': '-- @engine warehouse\nselect * from ring',
    'models/sales.sql': '-- @engine warehouse\nselect 1 as a',
    'models/system.sql': '-- @engine warehouse\nselect relname::text as name from pg_class',
    'models/here.sql': '-- @materialize table\nselect 1 as a',
    'models/across.sql': '-- @engine warehouse\nselect * from here',
    'models/seen.sql': '-- @engine warehouse\n-- @materialize live\nselect 1 as a',
    'models/afar.sql': '-- @engine elsewhere\nselect 1 as a',
  })
  const errors = await project.errors()
  const told = errors.map(({ code, details }) => [details['file'], code, details['line'] ?? null])
  expect(told.toSorted((one, other) => String(one[0]).localeCompare(String(other[0])))).toEqual([
    ['models/across.sql', 'ENGINE_READS_OTHER', null],
    ['models/afar.sql', 'MODEL_SETTING_INVALID', 1],
    ['models/lost.sql', 'SQL_BIND', 2],
    ['models/ring.sql', 'MODEL_CYCLE', null],
    ['models/sales.sql', 'MODEL_NAME_TAKEN', null],
    ['models/seen.sql', 'MODEL_SETTING_INVALID', 1],
    ['models/sold.sql', 'SQL_BIND', 3],
    ['models/system.sql', 'MODEL_SETTING_INVALID', 1],
    ['models/two.sql', 'SQL_PARSE', 1],
    ['models/typo.sql', 'SQL_PARSE', 3],
  ])
  const sold = errors.find(({ details }) => details['model'] === 'sold')
  expect(sold?.details['problem']).toContain('amuont')
  expect(sold?.frame).toBe('1 | -- @engine warehouse\n2 | select shop,\n3 |   sum(amuont) as total from sales group by shop\n  |       ^')
  expect(await postgres.query('select count(*)::int as n from sales')).toEqual([{ n: 3 }])
  expect(await tablesLeft()).toBe(0)
})

test('law 7: versions, roll-back, environments and what is kept of them hold on the server too', async () => {
  const before = (await project.run()).publication ?? 0
  await project.run('dev')
  expect(await tablesLeft()).toBe(2)
  project.write({
    'models/sold.sql': '-- @engine warehouse\nselect shop, sum(amount)::bigint * 10 as total, 1 as one from sales group by shop',
  })
  await project.run('dev')
  expect(await shown('best', 'dev')).toEqual([{ shop: 'B', total: '50' }])
  expect(await shown('best')).toEqual([{ shop: 'B', total: '5' }])
  const promoted = await runCli(['apply', '--from', 'dev', '--env', 'prod', '--json'], project)
  expect([promoted.code, promoted.stderr]).toEqual([0, ''])
  expect(await shown('best')).toEqual([{ shop: 'B', total: '50' }])
  expect((await runCli(['rollback', `${before}`, '--json'], project)).code).toBe(0)
  expect(await shown('best')).toEqual([{ shop: 'B', total: '5' }])
  expect(await shown('sold')).toEqual([
    { shop: 'A', total: '3' },
    { shop: 'B', total: '5' },
  ])
  project.write({ 'models/best.sql': null, 'models/report.sql': null })
  await project.run()
  expect(await postgres.query("select viewname as name from pg_views where schemaname = 'millrace_prod'")).toEqual([{ name: 'sold' }])
})

test('a run that fails publishes nothing on the server either, and the next one repeats nothing that it finished', async () => {
  await project.run()
  await postgres.query("insert into sales values (4, 'C', 0)")
  project.write({ 'models/part.sql': '-- @engine warehouse\nselect shop, 100 / total as part from sold' })
  const failed = await project.run()
  expect(failed).toMatchObject({ status: 'failed', publication: null, errors: [{ code: 'MODEL_FAILED', details: { model: 'part' } }] })
  expect(failed.errors[0]?.details['problem']).toContain('division by zero')
  expect(await shown('sold')).toHaveLength(2)
  project.write({ 'models/part.sql': '-- @engine warehouse\nselect shop, 100 / nullif(total, 0) as part from sold' })
  expect(await project.wouldCompute()).toEqual(['part'])
  await project.run()
  expect(await shown('part')).toHaveLength(3)
})

test('a run sees all tables as they were when it began, whatever is written meanwhile', async () => {
  project.write({
    'models/sold.sql': '-- @engine warehouse\nselect sum(amount)::bigint as total, (select pg_sleep(1))::text as slept from sales',
    'models/best.sql': '-- @engine warehouse\nselect total from sold',
    'models/report.sql': '-- @engine warehouse\nselect count(*) as n, (select pg_sleep(1))::text as slept from sales',
  })
  const running = project.run('prod', { workers: 1 })
  await isComputing()
  await postgres.query("insert into sales values (4, 'C', 100)")
  await running
  expect(await shown('best')).toEqual([{ total: '8' }])
  expect(await shown('report')).toMatchObject([{ n: '3' }])
})

test('a model that reads a table beside models is refused when the table changed during the run', async () => {
  project.write({ 'models/best.sql': '-- @engine warehouse\nselect total, count(*) as n from sold join sales using (shop) group by total' })
  project.write({ 'models/report.sql': null })
  expect((await project.run()).status).toBe('published')
  await postgres.query("insert into sales values (4, 'C', 100)")
  project.write({
    'models/sold.sql':
      '-- @engine warehouse\nselect shop, sum(amount)::bigint as total, (select pg_sleep(1))::text as slept from sales group by shop',
  })
  const running = project.run()
  await isComputing()
  await postgres.query("insert into sales values (5, 'D', 100)")
  const details = { model: 'best', table: 'public.sales' }
  expect(await running).toMatchObject({ status: 'failed', errors: [{ code: 'ENGINE_TABLE_CHANGED', details }] })
  expect((await project.run()).status).toBe('published')
})

test.each(['graph.before-version:2', 'graph.after-version:2', 'graph.before-publish', 'graph.after-publish'])(
  'a run that is killed at %s is seen by nobody; the next one repeats no finished model and leaves no table that nobody names',
  async (place) => {
    await project.run()
    await postgres.query("insert into sales values (4, 'C', 100)")
    const killed = await runCli(['run'], { folder: project.folder, environment: { MILLRACE_CRASH_AT: place } })
    expect(killed.code).not.toBe(0)
    expect(await shown('best')).toEqual([{ shop: 'B', total: '5' }])
    const computed: string[] = []
    const outcome = await project.run('prod', { onStep: (name) => computed.push(name) })
    const repeated = { 'graph.before-version:2': ['sold', 'best', 'report'], 'graph.after-version:2': ['best', 'report'] }[place] ?? []
    expect([outcome.status, computed]).toEqual([place === 'graph.after-publish' ? 'unchanged' : 'published', repeated])
    expect(await shown('best')).toEqual([{ shop: 'C', total: '100' }])
    expect(await project.rows('select * from report')).toEqual([['C!', '101']])
    // Two publications of two models.
    expect(await tablesLeft()).toBe(4)
  },
)

test('every type that both have comes to DuckDB as it is, and any other is refused by name', async () => {
  await postgres.query("create type mood as enum ('glad', 'sad')")
  const values: readonly (readonly [sql: string, text: string | null])[] = [
    ['true::bool', 'true'],
    ['(-32768)::int2', '-32768'],
    ['2147483647::int4', '2147483647'],
    ['(-9223372036854775808)::int8', '-9223372036854775808'],
    ['123456789012345678901234567890.12345678::numeric(38, 8)', '123456789012345678901234567890.12345678'],
    ["'-Infinity'::float4", '-inf'],
    ['0.1::float8 + 0.2', '0.30000000000000004'],
    [`E'tab\\t\\\\ ''é'`, `tab\t\\ 'é`],
    [`'\\x00ff5c'::bytea`, '\\x00\\xFF\\x5C'],
    ["'infinity'::date", 'infinity'],
    ["'0044-03-15 BC'::date", '0044-03-15 (BC)'],
    ["'0044-03-15 01:02:03.5 BC'::timestamp", '0044-03-15 (BC) 01:02:03.5'],
    ["'0044-03-15 01:02:03 BC'::timestamptz", '0044-03-15 (BC) 01:02:03+00'],
    ["'-infinity'::timestamp", '-infinity'],
    ["'10000-01-01'::timestamptz", '10000-01-01 00:00:00+00'],
    ["'23:59:59.999999'::time", '23:59:59.999999'],
    ["'2026-03-29 02:30:00.123456'::timestamp", '2026-03-29 02:30:00.123456'],
    ["'2026-03-29 02:30:00.123456+05:30'::timestamptz", '2026-03-28 21:00:00.123456+00'],
    ["'00000000-0000-0000-0000-0000000000ff'::uuid", '00000000-0000-0000-0000-0000000000ff'],
    [`'{"b": 1, "a": [null]}'::json`, '{"b": 1, "a": [null]}'],
    ["'sad'::mood", 'sad'],
    ['null::int4', null],
  ]
  project.write({
    'models/sold.sql': `-- @engine warehouse\nselect ${values.map(([sql], at) => `${sql} as c${at}`).join(', ')}`,
    'models/best.sql': null,
    'models/report.sql': '-- @materialize table\nselect columns(*)::varchar from sold',
  })
  expect((await project.run()).status).toBe('published')
  expect(await project.rows('select * from report')).toEqual([values.map(([, text]) => text)])
  project.write({ 'models/sold.sql': '-- @engine warehouse\nselect 1::numeric as n, sum(amount) as total from sales' })
  expect(await project.errors()).toMatchObject([
    { code: 'ENGINE_TYPE_UNREADABLE', details: { model: 'report', input: 'sold', column: 'n', type: 'numeric', engine: 'warehouse' } },
  ])
})

test("what cannot be shown is told, and what was published stays: another's schema, and a view that somebody's view reads", async () => {
  await postgres.query('create schema millrace_prod')
  await expect(project.run()).rejects.toMatchObject({
    code: 'ENGINE_SCHEMA_TAKEN',
    details: { schema: 'millrace_prod', engine: 'warehouse' },
  })
  await postgres.query('drop schema millrace_prod')
  await project.run()
  await postgres.query('create view mine as select total from millrace_prod.sold')
  project.write({ 'models/sold.sql': '-- @engine warehouse\nselect shop, sum(amount)::int as total from sales group by shop' })
  await expect(project.run()).rejects.toMatchObject({ code: 'ENGINE_PUBLISH_FAILED', details: { environment: 'prod' } })
  expect(await postgres.query('select count(*)::int as n from mine')).toEqual([{ n: 2 }])
  await postgres.query('drop view mine')
  expect((await project.run()).status).toBe('published')
})

test('what was published is computed anew for a server that was made anew', async () => {
  await project.run()
  const [versions] = await postgres.query<{ name: string }>(
    `select nspname as name from pg_namespace where nspname like 'millrace\\_%' and nspname <> 'millrace_prod'`,
  )
  await postgres.query(`drop schema millrace_prod cascade; drop schema "${versions?.name}" cascade`)
  expect(await project.wouldCompute()).toEqual(['sold', 'best', 'report'])
  await project.run()
  expect(await shown('best')).toEqual([{ shop: 'B', total: '5' }])
})

test('a column that a table loses is told at the model that reads it; published rows stay', async () => {
  await project.run()
  await postgres.query('alter table sales rename amount to price')
  expect(await project.errors()).toMatchObject([{ code: 'SQL_BIND', details: { model: 'sold', file: 'models/sold.sql', line: 2 } }])
  expect(await shown('best')).toEqual([{ shop: 'B', total: '5' }])
})

test('a server that does not answer is told as such, and what DuckDB computes is still checked', async () => {
  const nowhere = 'postgres://postgres@127.0.0.1:1/x'
  project.write({
    'millrace.config.ts': `export default { name: 'numbers', engines: { warehouse: { kind: 'postgres', url: '${nowhere}' } } }\n`,
    'models/wrong.sql': '-- @materialize table\nselect nothing',
  })
  const { code, stdout } = await runCli(['check', '--json'], project)
  expect(code).toBe(4)
  const { errors } = JSON.parse(stdout) as { errors: { code: string }[] }
  expect(errors.map((error) => error.code)).toEqual(['SOURCE_UNREACHABLE', 'SQL_BIND'])
})

test('a view of DuckDB over a model of a server is read here, and is among what advise looks at', async () => {
  project.write({
    'models/report.sql': '-- @materialize view\nselect shop from best',
    'models/odd.sql': "-- @engine warehouse\nselect '1'::money as m",
  })
  await project.run()
  expect(await project.rows('select * from report')).toEqual([['B']])
  expect((await runCli(['advise', '--json'], project)).code).toBe(0)
  const listed = await runCli(['ls', 'best', '--json'], project)
  expect(JSON.parse(listed.stdout)).toMatchObject({ models: [{ name: 'best', kind: 'table on warehouse', inputs: ['sold'] }] })
  const told = await runCli(['explain', 'best', '--check', '--json'], project)
  expect([told.code, told.stdout]).toEqual([0, ''])
})

test('rows that lie on a server and that no model of DuckDB reads are not read here', async () => {
  project.write({ 'models/report.sql': null })
  await project.run()
  await expect(project.rows('select * from best')).rejects.toMatchObject({ code: 'ENGINE_ROWS_ELSEWHERE', details: { model: 'best' } })
})

test('columns that change between the check and the run are told, and nothing is published', async () => {
  const run = project.run('prod', { checked: () => postgres.query('alter table sales alter shop type varchar(9), add extra int') })
  expect((await run).status).toBe('published')
  project.write({ 'models/sold.sql': '-- @engine warehouse\nselect shop, amount as total from sales' })
  const changed = await project.run('prod', { checked: () => postgres.query('alter table sales alter amount type bigint') })
  expect(changed).toMatchObject({
    status: 'failed',
    errors: [{ code: 'ENGINE_SCHEMA_CHANGED', details: { model: 'sold', engine: 'warehouse' } }],
  })
  expect(await shown('best')).toEqual([{ shop: 'B', total: '5' }])
})

test('a server that cannot be told of a publication is told of it by the next run', async () => {
  await project.run()
  await postgres.query(`create function refuse() returns event_trigger language plpgsql as $$ begin raise 'not now'; end $$;
    create event trigger refuse on ddl_command_start when tag in ('COMMENT') execute function refuse()`)
  await postgres.query("insert into sales values (4, 'C', 100)")
  await expect(project.run()).rejects.toMatchObject({ code: 'ENGINE_NOT_SHOWN', details: { engine: 'warehouse', environment: 'prod' } })
  expect(await shown('best')).toEqual([{ shop: 'B', total: '5' }])
  await postgres.query('drop event trigger refuse')
  expect(await project.run()).toMatchObject({ status: 'unchanged' })
  expect(await shown('best')).toEqual([{ shop: 'C', total: '100' }])
})

test('a connection that is lost while a model is computed is opened again, and the model computed again', async () => {
  project.write({
    'models/sold.sql': '-- @engine warehouse\nselect shop, amount::bigint as total, (select pg_sleep(1))::text as slept from sales',
  })
  const running = project.run('prod', { workers: 1 })
  await isComputing()
  await postgres.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where query like 'CREATE TABLE%' and pid <> pg_backend_pid()",
  )
  expect((await running).status).toBe('published')
  expect(await shown('sold')).toHaveLength(3)
})

test('the budgets of seconds and rows hold on a server', async () => {
  project.write({
    'models/sold.sql': "-- @engine warehouse\n-- @budget seconds 0.2\nselect 'A' as shop, 1::bigint as total, pg_sleep(60)::text as slept",
  })
  const late = { code: 'MODEL_OVER_BUDGET', details: { model: 'sold', budget: 'seconds' } }
  expect(await project.run()).toMatchObject({ status: 'failed', errors: [late] })
  project.write({ 'models/sold.sql': '-- @engine warehouse\n-- @budget rows 2\nselect shop, amount::bigint as total from sales' })
  const many = { code: 'MODEL_OVER_BUDGET', details: { model: 'sold', budget: 'rows', limit: 2 } }
  expect(await project.run()).toMatchObject({ status: 'failed', errors: [many] })
})

test('a run that is stopped ends what the server computes', async () => {
  project.write({
    'models/sold.sql': '-- @engine warehouse\nselect shop, 1::bigint as total, (select pg_sleep(3600))::text as slept from sales',
  })
  const stop = new AbortController()
  const running = project.run('prod', { signal: stop.signal })
  await isComputing()
  stop.abort()
  expect(await running).toMatchObject({ status: 'stopped', publication: null })
  expect(await tablesLeft()).toBe(0)
})

/** Waits until a session of the run computes. */
async function isComputing(): Promise<void> {
  const sql =
    "select count(*)::int as n from pg_stat_activity where query like 'CREATE TABLE%' and state = 'active' and wait_event = 'PgSleep'"
  for (;;) {
    const [row] = await postgres.query<{ n: number }>(sql)
    if ((row?.n ?? 0) > 0) return
  }
}
