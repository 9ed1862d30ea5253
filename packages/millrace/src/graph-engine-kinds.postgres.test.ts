/** The ways in which a model is kept, on a Postgres: what DuckDB's models promise holds there too. */
import { type Postgres, startPostgres } from '@millrace/testing'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { GraphFolder } from './testing/graph-folder.ts'
import { runCli } from './testing/run-cli.ts'
import { dropVersions, warehouseProject } from './testing/warehouse.ts'

const model = (settings: string, sql: string): string => `-- @engine warehouse\n-- @materialize ${settings}\n${sql}`

let postgres: Postgres
let project: GraphFolder

beforeAll(async () => {
  postgres = await startPostgres()
})

afterAll(() => postgres.stop())

beforeEach(async () => {
  await postgres.query(`drop schema public cascade; create schema public;
    create table sales (id int primary key, shop text, day date not null, at timestamptz not null, amount int not null);
    insert into sales values (1, 'A', '2026-01-01', '2026-01-01 23:30+00', 1), (2, 'A', '2026-01-02', '2026-01-02 00:30+00', 2),
      (3, 'B', '2026-02-01', '2026-02-01 12:00+00', 5)`)
  project = warehouseProject(postgres, {})
})

afterEach(async () => {
  await dropVersions(postgres)
  project.remove()
})

const shown = (name: string, environment = 'prod'): Promise<Record<string, unknown>[]> =>
  postgres.query(`select * from "millrace_${environment}"."${name}" as shown order by shown::text`)
const insert = (id: number, shop: string, day: string, amount: number): Promise<unknown> =>
  postgres.query(`insert into sales values (${id}, '${shop}', '${day}', '${day} 12:00+00', ${amount})`)

test('a view is never stored: who reads it on the server sees its tables as they are, a run as they were when it began', async () => {
  project.write({
    'models/big.sql': model('view', 'select shop, amount from sales where amount > 1;'),
    'models/bigger.sql': model('view', 'select shop, amount from big where amount > 4'),
    'models/total.sql': model('table', 'select sum(amount)::bigint as total from big'),
    'models/here.sql': '-- @materialize table\nselect shop, amount from bigger order by all',
  })
  expect((await project.run()).status).toBe('published')
  expect(await shown('bigger')).toEqual([{ shop: 'B', amount: 5 }])
  expect(await project.rows('from here')).toEqual([['B', 5]])
  await insert(4, 'C', '2026-02-02', 9)
  expect(await shown('bigger')).toHaveLength(2)
  expect(await shown('total')).toEqual([{ total: '7' }])
  await project.run()
  expect([await shown('total'), await project.rows('from here')]).toEqual([
    [{ total: '16' }],
    [
      ['B', 5],
      ['C', 9],
    ],
  ])
  expect(await project.run()).toMatchObject({ status: 'unchanged' })
})

test('a view over models shows the versions of its own environment, in each publication', async () => {
  project.write({
    'models/sold.sql': model('table', 'select shop, sum(amount)::bigint as total from sales group by shop'),
    'models/best.sql': model('view', 'select shop, total from sold where total > 4'),
    'models/names.sql': model('view', 'select shop from best'),
  })
  const first = (await project.run()).publication ?? 0
  await project.run('dev')
  project.write({ 'models/sold.sql': model('table', 'select sum(amount)::int * 10 as total, shop from sales group by shop') })
  await project.run('dev')
  expect([await shown('names', 'dev'), await shown('names')]).toEqual([[{ shop: 'A' }, { shop: 'B' }], [{ shop: 'B' }]])
  expect((await runCli(['apply', '--from', 'dev', '--env', 'prod', '--json'], project)).code).toBe(0)
  expect(await shown('best')).toEqual([
    { shop: 'A', total: 30 },
    { shop: 'B', total: 50 },
  ])
  expect((await runCli(['rollback', `${first}`, '--json'], project)).code).toBe(0)
  expect(await shown('best')).toEqual([{ shop: 'B', total: '5' }])
  project.write({ 'models/names.sql': null, 'models/best.sql': model('table', 'select 1 as one') })
  await project.run()
  expect(await shown('best').catch(() => postgres.query('select * from millrace_prod.best'))).toEqual([{ one: 1 }])
  const views = await postgres.query("select viewname as name from pg_views where schemaname = 'millrace_prod' order by 1")
  expect(views).toEqual([{ name: 'best' }, { name: 'sold' }])
})

test('a view that is read is never of another moment than what reads it, even where only its reader is run', async () => {
  project.write({
    'models/big.sql': model('view', 'select shop, amount from sales where amount > 1'),
    'models/here.sql': '-- @materialize table\nselect sum(amount) as total from big',
  })
  await project.run()
  await insert(4, 'C', '2026-02-02', 9)
  expect((await runCli(['run', 'here', '--json'], project)).code).toBe(0)
  expect(await project.rows('from here')).toEqual([['16']])
})

test('by key: new keys come, known ones are replaced, others stay; an edit computes anew', async () => {
  project.write({
    'models/latest.sql': model('incremental\n-- @key shop', 'select shop, sum(amount)::int as total from sales group by shop'),
    'models/reader.sql': '-- @materialize table\nfrom latest order by all',
  })
  await project.run()
  await postgres.query("delete from sales where shop = 'A'; update sales set amount = 6")
  await insert(4, 'C', '2026-02-02', 9)
  await project.run()
  const merged = [
    ['A', 3],
    ['B', 6],
    ['C', 9],
  ]
  expect(await project.rows('from reader')).toEqual(merged)
  expect(await project.run()).toMatchObject({ status: 'unchanged' })
  project.write({
    'models/latest.sql': model('incremental\n-- @key shop', 'select shop, max(amount)::int as total from sales group by shop'),
  })
  await project.run()
  expect(await shown('latest')).toEqual([
    { shop: 'B', total: 6 },
    { shop: 'C', total: 9 },
  ])
})

test('a history keeps since when and until when each row was so, also over an edit of its SQL', async () => {
  const history = (sql: string): Record<string, string> => ({ 'models/shops.sql': model('snapshot\n-- @key shop', sql) })
  const now = async (): Promise<unknown[]> =>
    postgres.query('select shop, total, valid_to is null as open from millrace_prod.shops order by shop, valid_from')
  project.write({
    ...history('select shop, sum(amount)::int as total, null::json as more from sales group by shop'),
    'models/open.sql': model('table', 'select shop, valid_from, valid_to from shops where valid_to is null'),
  })
  await project.run()
  const [before] = await shown('shops')
  await postgres.query("delete from sales where shop = 'B'; update sales set amount = amount * 2")
  await insert(4, 'C', '2026-02-02', 9)
  await project.run()
  const second = [
    { shop: 'A', total: 3, open: false },
    { shop: 'A', total: 6, open: true },
    { shop: 'B', total: 5, open: false },
    { shop: 'C', total: 9, open: true },
  ]
  expect(await now()).toEqual(second)
  const [closed] = await shown('shops')
  expect(closed).toMatchObject({ valid_from: before?.['valid_from'] })
  const gapless = await postgres.query(
    'select count(*)::int as n from millrace_prod.shops one join millrace_prod.shops other on one.shop = other.shop and one.valid_to = other.valid_from',
  )
  expect(gapless).toEqual([{ n: 1 }])
  project.write(history('select shop, sum(amount)::int + 0 as total, null::json as more from sales group by shop'))
  await project.run()
  expect(await now()).toEqual(second)
  expect(await shown('open')).toHaveLength(2)
  project.write(history('select shop, sum(amount)::bigint as total, null::json as more from sales group by shop'))
  expect(await project.run()).toMatchObject({
    status: 'failed',
    errors: [{ code: 'HISTORY_COLUMNS_CHANGED', details: { model: 'shops' } }],
  })
  expect(await now()).toEqual(second)
})

test.each(['incremental', 'snapshot'])('a key of %s that is NULL or has several rows fails, and what is published stays', async (kind) => {
  project.write({ 'models/shops.sql': model(`${kind}\n-- @key shop`, 'select shop, sum(amount)::int as total from sales group by shop') })
  await project.run()
  await postgres.query("insert into sales values (4, null, '2026-01-01', now(), 1)")
  expect((await project.run()).errors).toMatchObject([{ code: 'KEY_NULL', details: { rows: 1, key: 'shop' } }])
  project.write({ 'models/shops.sql': model(`${kind}\n-- @key shop`, "select coalesce(shop, 'A') as shop, amount as total from sales") })
  expect((await project.run()).errors).toMatchObject([{ code: 'KEY_NOT_UNIQUE', details: { keys: 1 } }])
  expect(await shown('shops')).toHaveLength(2)
})

test('what goes on with a version that is not there any more, or lies elsewhere, says so instead of losing it', async () => {
  const shops = 'select shop, sum(amount)::int as total from sales group by shop'
  project.write({ 'models/shops.sql': model('snapshot\n-- @key shop', shops) })
  await project.run()
  await dropVersions(postgres)
  expect((await project.run()).errors).toMatchObject([{ code: 'HISTORY_ELSEWHERE', details: { model: 'shops', where: 'warehouse' } }])
  project.write({ 'models/shops.sql': "-- @materialize snapshot\n-- @key shop\nselect 'A' as shop, 1 as total" })
  expect((await project.run()).errors).toMatchObject([{ code: 'HISTORY_ELSEWHERE', details: { model: 'shops', where: 'warehouse' } }])
})

const DAILY = model('incremental\n-- @interval day day', 'select day, shop, sum(amount)::int as total from sales group by day, shop')

test('by interval: only those are computed whose rows changed, and the result is what the SQL yields when it is computed whole', async () => {
  project.write({ 'models/daily.sql': DAILY })
  expect(await computedBy()).toEqual({ computed: 3, all: 3 })
  await insert(4, 'C', '2026-01-02', 9)
  await insert(5, 'C', '2026-03-01', 9)
  expect(await computedBy()).toEqual({ computed: 2, all: 4 })
  await postgres.query("delete from sales where day = '2026-02-01'; update sales set amount = 7 where id = 1")
  expect(await computedBy()).toEqual({ computed: 1, all: 3 })
  const whole = await postgres.query('select day, shop, sum(amount)::int as total from sales group by day, shop order by 1, 2')
  expect(await shown('daily')).toEqual(whole)
  project.write({ 'models/daily.sql': DAILY.replace('sum(amount)', 'max(amount)') })
  expect(await computedBy()).toEqual({ computed: 3, all: 3 })
})

test.each([
  ['a time, cast and cut', "select date_trunc('hour', at) as hour, count(*) as n from sales group by 1", 'hour hour', 1],
  ['a month of a timestamp', 'select at::timestamp as moment, amount from sales', 'moment month', 1],
  ['a text that looks like a condition', "select day, shop from sales where shop <> 'x AND (y >= $1' or amount > 3", 'day day', 1],
  ['both sides of a join by the day', 'select s.day, count(*) as n from sales s join sales t on t.day = s.day group by 1', 'day day', 1],
  ['a window over all days', 'select day, sum(amount) over (order by id) as total from sales', 'day day', 3],
  ['a total of everything beside it', 'select day, amount, (select sum(amount) from sales) as total from sales', 'day day', 3],
])('what an interval reads is found of %s', async (_, sql, interval, computed) => {
  project.write({ 'models/kept.sql': model(`incremental\n-- @interval ${interval}`, sql) })
  await project.run()
  await postgres.query('update sales set amount = amount + 10 where id = 3')
  expect((await computedBy()).computed).toBe(computed)
  const whole = await postgres.query(`select * from (${sql}) as whole order by 1, 2`)
  expect(await shown('kept')).toEqual(whole)
})

test('an interval of a model that reads partitions, models and views is computed by what these have in it', async () => {
  await postgres.query(`create table parts (day date, n int) partition by range (day);
    create table parts_1 partition of parts for values from ('2026-01-01') to ('2026-02-01');
    create table parts_2 partition of parts default; insert into parts select day, amount from sales`)
  project.write({
    'models/copy.sql': model('table', 'select day, n from parts'),
    'models/seen.sql': model('view', 'select day, n + 1 as n from copy'),
    'models/kept.sql': model('incremental\n-- @interval day day', 'select day, sum(n)::int as n from seen group by day'),
  })
  expect(await computedBy()).toEqual({ computed: 3, all: 3 })
  await postgres.query("update parts set n = 100 where day = '2026-02-01'")
  expect(await computedBy()).toEqual({ computed: 1, all: 3 })
  expect((await shown('kept')).map(({ n }) => n)).toEqual([2, 3, 101])
})

test('a run of a window computes only what is in it, and keeps the rest', async () => {
  project.write({ 'models/daily.sql': DAILY })
  await project.run()
  await postgres.query('update sales set amount = 100')
  const run = await runCli(['run', 'daily', '--from', '2026-02', '--to', '2026-02', '--json'], project)
  expect(run.code).toBe(0)
  expect((await shown('daily')).map(({ total }) => total)).toEqual([1, 2, 100])
  await project.run()
  expect((await shown('daily')).map(({ total }) => total)).toEqual([100, 100, 100])
})

test('a row without a time, and too many intervals, fail the run', async () => {
  project.write({ 'models/kept.sql': model('incremental\n-- @interval day day', 'select nullif(day, date(at)) as day from sales') })
  expect((await project.run()).errors).toMatchObject([{ code: 'INTERVAL_UNKNOWN', details: { rows: 3, column: 'day' } }])
  project.write({
    'models/kept.sql': model(
      'incremental\n-- @interval day day',
      "select generate_series(day, '2076-01-01', '1 day')::date as day from sales",
    ),
  })
  expect((await project.run()).errors).toMatchObject([{ code: 'INTERVALS_TOO_MANY', details: { column: 'day' } }])
})

test('columns that a model is kept by are checked before anything runs', async () => {
  project.write({
    'models/one.sql': model('incremental\n-- @key nothing', 'select 1 as a'),
    'models/two.sql': model('incremental\n-- @interval a day', 'select 1 as a'),
    'models/three.sql': model('snapshot\n-- @key a', 'select 1 as a, 2 as valid_to'),
    'models/four.sql': model('view', 'select /*+ order(b, a) */ 1 as one from sales a join sales b on a.id = b.id'),
    'models/five.sql': model('table\n-- @budget memory_mb 100', 'select 1 as a'),
  })
  const told = (await project.errors()).map(({ code, details }) => `${String(details['file'])} ${code} ${String(details['line'])}`)
  expect(told.toSorted()).toEqual([
    'models/five.sql MODEL_SETTING_INVALID 3',
    'models/four.sql SQL_BIND 3',
    'models/one.sql MODEL_SETTING_INVALID 3',
    'models/three.sql MODEL_SETTING_INVALID 2',
    'models/two.sql MODEL_SETTING_INVALID 3',
  ])
})

test('what another session is in the way of is tried again, and told where it does not pass', async () => {
  await postgres.query(`create sequence tries; create function flaky(until int, state text) returns int language plpgsql as $$
    begin if nextval('tries') < until then raise exception 'in the way' using errcode = state; end if; return 1; end $$`)
  const tried = async (): Promise<number> => Number((await postgres.query<{ n: string }>('select last_value as n from tries'))[0]?.n)
  for (const state of ['40001', '40P01', '55P03', '53300', '57P03']) {
    await postgres.query('alter sequence tries restart')
    project.write({ 'models/one.sql': model('table', `select flaky(2, '${state}') as a`) })
    expect([state, (await project.run()).status, await tried()]).toEqual([state, 'published', 2])
  }
  await postgres.query('alter sequence tries restart')
  project.write({ 'models/one.sql': model('table', "select flaky(100, '40001') as b") })
  const busy = { code: 'ENGINE_BUSY', details: { engine: 'warehouse', model: 'one', problem: 'in the way' } }
  expect((await project.run()).errors).toMatchObject([busy])
  await postgres.query('alter sequence tries restart')
  project.write({ 'models/one.sql': model('table', "select flaky(100, '22000') as c") })
  expect((await project.run()).errors).toMatchObject([{ code: 'MODEL_FAILED' }])
  expect(await tried()).toBe(1)
})

test('a budget of what goes to disk holds on a server', async () => {
  await postgres.query(
    'create function wide() returns setof text language sql as $$ select repeat(i::text, 100) from generate_series(1, 100000) i $$',
  )
  const sql = 'select w from wide() w order by w desc'
  project.write({ 'models/wide.sql': model('table\n-- @budget spill_mb 1', sql) })
  expect((await project.run()).errors).toMatchObject([
    { code: 'MODEL_OVER_BUDGET', details: { model: 'wide', budget: 'spill_mb', limit: 1 } },
  ])
  project.write({ 'models/wide.sql': model('table\n-- @budget spill_mb 1000', sql) })
  expect((await project.run()).status).toBe('published')
})

/** Runs, and tells of the one model by interval how many were computed. */
async function computedBy(): Promise<{ computed: number; all: number }> {
  const told: { computed: number; all: number }[] = []
  const outcome = await project.run('prod', { onIntervals: (intervals) => told.push(intervals) })
  expect(outcome.errors).toEqual([])
  expect(told).toHaveLength(1)
  return told[0] as { computed: number; all: number }
}
