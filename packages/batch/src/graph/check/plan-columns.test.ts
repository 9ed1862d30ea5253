import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BindingSession, openBindingSession } from './binding-session.ts'

let session: BindingSession

beforeAll(async () => {
  session = await openBindingSession()
  const columns = Object.entries({ id: 'BIGINT', grp: 'VARCHAR', amount: 'BIGINT', Day: 'DATE', price: 'DECIMAL(10,2)' })
  await session.define({ name: 'source', columns: columns.map(([name, type]) => ({ name, type })) })
  await session.define({ name: 's.t', columns: ['id', 'a'].map((name) => ({ name, type: 'INTEGER' })) })
})

afterAll(() => session.close())

/** Of these the plan tells the columns. */
const TOLD = [
  'select * from source',
  'select ID, DAY, price from source',
  'select id as "A", id + 1 as next, amount / 2 as half, price * 2 as twice from source',
  'select sum(amount) as s, grp from source group by grp',
  'select upper(grp) as g, max("Day") as d from source group by upper(grp)',
  'select x.*, y.a from source x join s.t y using (id)',
  'select * from source natural join s.t',
  'select * replace (id + 1 as id) from source',
  'select id, (select max(a) from s.t) as m from source',
  'select row_number() over (order by id) as r, id from source qualify r < 3',
  'select w from (select id as "Zed" from source) q(w)',
  'select case when id > 1 then \'a\' end as c, id::double as dd, amount::float as f, "Day"::timestamp as ts from source',
]

/** Of these it does not: the binder keeps no name, a second one is renamed, or a type has parts. */
const NOT_TOLD = [
  'select id + 1 from source',
  'select id > 1 as b from source',
  'select sum(amount) from source',
  'select id % 2 as k, count(*) as n from source group by k',
  'select id as k, count(*) as n from source group by 1',
  'select id, id from source',
  'select id as "x y" from source',
  'select id as a, amount as A from source',
  'select null as n',
  "select {'a': 1} as st, [1] as l, now() as t, interval 1 day as i, '{}'::json as j, 'a'::varchar collate nocase as v",
  "select 'a'::enum('a', 'b') as e",
  'select grp, count(*) as n from source group by all order by n',
  'select id from source order by amount',
  'select distinct on (grp) grp, id from source order by grp, amount',
  'select distinct id, grp as g from source order by id limit 3',
  'select id as a from source union all select amount from source',
  'with c as (select id as q from source) select * from c',
]

test.each(TOLD)('the columns that the plan tells are those of the table that DuckDB makes: %s', async (sql) => {
  const table = `told${TOLD.indexOf(sql)}`
  const told = await session.bind({ name: table, sql, wantsTable: false })
  expect(await session.bind({ name: table, sql, wantsTable: true })).toMatchObject({ kind: 'bound', columns: null })
  expect(told).toMatchObject({ kind: 'bound', columns: await session.columnsOf(table) })
})

test.each(NOT_TOLD)('where the plan does not tell the columns, the table that DuckDB makes has them: %s', async (sql) => {
  expect(await session.bind({ name: `only${NOT_TOLD.indexOf(sql)}`, sql, wantsTable: false })).toMatchObject({
    kind: 'bound',
    columns: null,
  })
  expect((await session.columnsOf(`only${NOT_TOLD.indexOf(sql)}`)).length).toBeGreaterThan(0)
})
