/** What is told of a model that stays on a Postgres: of which columns each of its columns is made, and how its plan joins. */
import { type Postgres, startPostgres } from '@millrace/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { GraphFolder } from './testing/graph-folder.ts'
import { runCli } from './testing/run-cli.ts'
import { dropVersions, warehouseProject } from './testing/warehouse.ts'

let postgres: Postgres
let project: GraphFolder

beforeAll(async () => {
  postgres = await startPostgres()
  await postgres.query(`create table gone (a int); drop table gone;
    create table sales (gone int, id int primary key, shop text, amount int, day date); alter table sales drop gone;
    create table "Shops" ("Name" text primary key, city text);
    insert into sales select i, 's' || i % 3, i, '2026-01-01' from generate_series(1, 3000) i; insert into "Shops" values ('s1', 'Bonn');
    analyze`)
  project = warehouseProject(postgres, {
    'models/sold.sql': '-- @engine warehouse\nselect shop, sum(amount) as total from sales group by shop',
  })
  await project.run()
})

afterAll(async () => {
  await dropVersions(postgres)
  project.remove()
  await postgres.stop()
})

const SALES = 'warehouse:public.sales'
const SHOPS = 'warehouse:public."Shops"'

/** `a: relation.column relation.column`, a line for each column. */
async function madeOf(sql: string, settings = ''): Promise<string[]> {
  project.write({ 'models/asked.sql': `-- @engine warehouse\n${settings}${sql}` })
  const told = await runCli(['explain', 'asked', '--json'], project)
  expect(told.stderr).toBe('')
  const { columns } = JSON.parse(told.stdout) as { columns: { name: string; from: { relation: string; column: string }[] }[] }
  const short = (relation: string): string => ({ [SALES]: 's', [SHOPS]: 'b' })[relation] ?? relation
  return columns.map(
    ({ name, from }) =>
      `${name}: ${from
        .map(({ relation, column }) => `${short(relation)}.${column}`)
        .toSorted()
        .join(' ')}`,
  )
}

test.each<readonly [string, string, readonly string[]]>([
  [
    'an expression, a constant and a column of a model',
    'select amount + id as a, 1 as one, total from sales join sold using (shop) where day is null',
    ['a: s.amount s.id', 'one: ', 'total: sold.total'],
  ],
  [
    'a join by a name, outer both ways',
    'select shop, city from sales full join "Shops" as b (shop, city) using (shop)',
    ['shop: b.Name s.shop', 'city: b.city'],
  ],
  [
    'groups and aggregates',
    'select shop || city as k, max(amount) filter (where id > 1) as m, count(*) as n from sales, "Shops" group by rollup (shop || city)',
    ['k: b.city s.shop', 'm: s.amount s.id', 'n: '],
  ],
  [
    'windows',
    'select sum(amount) over w as a, row_number() over (order by day desc) as r from sales window w as (partition by shop)',
    ['a: s.amount s.shop', 'r: s.day'],
  ],
  [
    'subqueries and common tables',
    'with q as materialized (select amount * 2 as a, shop as s from sales) select x.a, (select max(city) from "Shops" where "Name" = x.s) as c, x.s in (select "Name" from "Shops") as known, exists (select day from sales) as some from (select * from q) x',
    ['a: s.amount', 'c: b.city', 'known: b.Name s.shop', 'some: '],
  ],
  [
    'what is put together',
    'select shop as a, 1 as b from sales union all (select city, length("Name") from "Shops" intersect select shop, id from sales)',
    ['a: b.city s.shop', 'b: b.Name s.id'],
  ],
  [
    'what reads itself',
    'with recursive r (n, t) as (select id, shop from sales union all select n + 1, t || city from r, "Shops" where n < 3) select * from r',
    ['n: s.id', 't: b.city s.shop'],
  ],
  [
    'a whole row, a lateral function and values',
    'select to_jsonb(b) as j, g as g, v.x from "Shops" b, lateral generate_series(1, length(b.city)) g, (values (1), (2)) v (x)',
    ['j: b.Name b.city', 'g: b.city', 'x: '],
  ],
])('the columns of %s', async (_, sql, told) => {
  expect(await madeOf(sql)).toEqual(told)
})

test('a history has the columns of its SQL, and times that are made of nothing', async () => {
  expect(await madeOf('select id, amount from sales', '-- @materialize snapshot\n-- @key id\n')).toEqual([
    'id: s.id',
    'amount: s.amount',
    'valid_from: ',
    'valid_to: ',
  ])
})

const checked = async (sql: string): Promise<{ code: number | null; verdicts: unknown[] }> => {
  project.write({ 'models/asked.sql': `-- @engine warehouse\n${sql}` })
  const { code, stdout } = await runCli(['explain', 'asked', '--check', '--json'], project)
  return {
    code,
    verdicts: stdout
      .trim()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as unknown),
  }
}

test('the plan of the server itself is compared with the order that is stated', async () => {
  // Left alone, it would begin with the one row of "Shops".
  const stated = 'select /*+ order(s, sold, b) */ s.id from sales s join sold on sold.shop = s.shop join "Shops" b on b."Name" = s.shop'
  expect(await checked(stated)).toMatchObject({ code: 0, verdicts: [{ order: ['s', 'sold', 'b'], verdict: 'obeyed' }] })
  expect(await checked('select id from sales')).toEqual({ code: 0, verdicts: [] })
})

test('what the plan of the server does not show by name is told', async () => {
  const twice = 'select /*+ order(o, s, t) */ s.id from sales s join sold o on o.shop = s.shop join sold t on t.shop = s.shop'
  expect(await checked(twice)).toMatchObject({ code: 0, verdicts: [{ verdict: 'unseen', unseen: ['o', 't'] }] })
  // What adds neither rows nor columns is not joined at all.
  const moved = 'select /*+ order(s, b, t) */ s.id from sales s left join "Shops" b on b."Name" = s.shop join sales t on t.id = s.id'
  expect((await checked(moved)).verdicts).toMatchObject([{ unseen: ['b'] }])
})
