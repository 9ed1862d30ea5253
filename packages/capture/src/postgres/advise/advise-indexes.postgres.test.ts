/** Each finding is planted; the room that is told is compared with what the statement really frees. */
import { type Postgres, startPostgres } from '@millrace/testing'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { Rig } from '../fixtures/rig.ts'
import type { IndexAdvice } from './advice.ts'
import { adviseIndexes } from './advise-indexes.ts'

const ROWS = 100_000

let postgres: Postgres
let rig: Rig

beforeAll(async () => (postgres = await startPostgres({ settings: { autovacuum: 'off' } })))
afterAll(() => postgres.stop())
beforeEach(async () => {
  rig = await Rig.open(
    postgres,
    `create table orders (id int primary key, customer int not null, region text, note text);
     insert into orders select i, i * 7919 % 20000, 'r' || i % 4, repeat('x', 40) from generate_series(1, ${ROWS}) i`,
  )
  await rig.sql('vacuum analyze orders')
})
afterEach(() => rig.close())

async function advised({ statements = [], measure = false }: { statements?: string[]; measure?: boolean } = {}): Promise<IndexAdvice[]> {
  return adviseIndexes({ name: 'shop', config: rig.config, statements, measure })
}

/** Reads by the index of the key, so often that whatever was not read meanwhile is told; waits until they are counted. */
async function readOften(reads = 150): Promise<void> {
  for (let read = 0; read < reads; read += 1) await rig.sql('select note from orders where id = 77')
  await rig.until(async () => {
    const [row] = await rig.sql(`select idx_scan::int as reads from pg_stat_user_tables where relname = 'orders'`)
    return Number(row?.['reads']) >= reads
  })
}

async function bytesOf(relation: string): Promise<number> {
  return Number((await rig.sql(`select pg_relation_size('${relation}')::float8 as bytes`))[0]?.['bytes'])
}

const MISSING = 'select note from orders where customer = 4711'

test('a healthy database is advised nothing', async () => {
  await rig.sql('create index by_customer on orders (customer)')
  await readOften()
  for (let read = 0; read < 3; read += 1) await rig.sql(MISSING)
  await rig.until(
    async () =>
      Number((await rig.sql(`select idx_scan::int as n from pg_stat_user_indexes where indexrelname = 'by_customer'`))[0]?.['n']) > 0,
  )
  expect(await advised({ statements: [MISSING, 'select count(*) from orders', "select id from orders where region = 'r1'"] })).toEqual([])
})

test('an index that a statement or a view would use is advised, and measured where that is allowed', async () => {
  await rig.sql('create view of_one as select id from orders where customer = 17')
  const [estimate, ...others] = await advised({ statements: [MISSING] })
  expect(others).toEqual([])
  expect(estimate).toMatchObject({
    kind: 'missing index',
    statement: 'CREATE INDEX CONCURRENTLY ON public.orders (customer);',
    effect: { by: 'estimated', ms: null },
  })
  expect(estimate?.effect?.statements).toHaveLength(2)
  const [measured] = await advised({ statements: [MISSING], measure: true })
  expect(measured?.effect).toMatchObject({ by: 'measured', cost: { before: estimate?.effect?.cost.before } })
  expect(measured?.effect?.ms?.after).toBeLessThan(measured?.effect?.ms?.before ?? 0)
  // What was reckoned is near what the planner says of the real index.
  const ratio = (estimate?.effect?.cost.after ?? 0) / (measured?.effect?.cost.after ?? 1)
  expect(ratio).toBeGreaterThan(0.5)
  expect(ratio).toBeLessThan(2)
  expect((await rig.sql(`select count(*)::int as n from pg_indexes where tablename = 'orders'`))[0]).toEqual({ n: 1 })
  await rig.sql(estimate?.statement?.replace('CONCURRENTLY ', '') ?? '')
  expect(await advised({ statements: [MISSING], measure: true })).toEqual([])
})

test('equal columns stand before a range, and an index that would not help is not advised', async () => {
  const statement = `select id from orders where id % 2 = 0 and note > 'y' and customer = 5`
  const [advice] = await advised({ statements: [statement] })
  expect(advice?.statement).toBe('CREATE INDEX CONCURRENTLY ON public.orders (customer, note);')
  expect(await advised({ statements: [`select id from orders where region = 'r1'`, 'select id from orders where id % 1000 = 1'] })).toEqual(
    [],
  )
})

test('an index that nobody reads is told with its size; what a key, a constraint or a reference needs is not', async () => {
  await rig.sql(`create index unread on orders (note, id); create unique index one on orders (id, note);
    create table customers (id int primary key); insert into customers select i from generate_series(0, 19999) i;
    alter table orders add foreign key (customer) references customers; create index refers on orders (customer)`)
  expect((await advised()).filter(({ kind }) => kind === 'unused index')).toEqual([])
  await readOften()
  const unused = await advised()
  expect(unused).toEqual([
    expect.objectContaining({ kind: 'unused index', index: 'public.unread', statement: 'DROP INDEX CONCURRENTLY public.unread;' }),
  ])
  expect(unused[0]?.bytes).toBe(await bytesOf('unread'))
})

test.each(['its statistics', 'its pages'])(
  'what updates left empty is told by %s, as much as the statement frees',
  async (how) => {
    await rig.sql(`create index by_customer on orders (customer, id)${how === 'its pages' ? '; create extension pgstattuple' : ''}`)
    expect(await advised()).toEqual([])
    for (let round = 0; round < 3; round += 1) await rig.sql(`update orders set customer = customer + 20000 where true`)
    await rig.sql('vacuum orders')
    await rig.sql('analyze orders')
    const advice = await advised()
    const told = advice.map(({ kind, index, table }) => `${kind} ${index ?? table}`)
    expect(told).toEqual(expect.arrayContaining(['bloated index public.by_customer', 'bloated table public.orders']))
    for (const { table, index, statement, bytes, detail } of advice.toReversed()) {
      const before = await bytesOf(index ?? table)
      await rig.sql(statement ?? '')
      const freed = before - (await bytesOf(index ?? table))
      expect(detail).toContain(`by ${how}`)
      expect(Math.abs(bytes - freed) / freed, `${index ?? table}: told ${bytes}, freed ${freed}`).toBeLessThan(0.15)
    }
    expect(await advised()).toEqual([])
  },
  120_000,
)

test('a table that is read whole again and again is told, though the statement is not known', async () => {
  await rig.sql('create table prices as select i as id from generate_series(1, 12000) i')
  await rig.sql('analyze prices')
  await rig.sql('do $$ begin for i in 1..1000 loop perform from prices where id < 0; end loop; end $$')
  await rig.until(
    async () => Number((await rig.sql(`select seq_scan::int as n from pg_stat_user_tables where relname = 'prices'`))[0]?.['n']) >= 1000,
  )
  expect(await advised()).toEqual([expect.objectContaining({ kind: 'read whole', table: 'public.prices', statement: null })])
}, 120_000)

test.each([
  ['selec 1', 'syntax error'],
  ['select 1; drop table orders', 'multiple commands'],
  ['delete from orders', 'it is no SELECT'],
])('%s is refused, and nothing is run', async (statement, problem) => {
  for (const measure of [false, true])
    await expect(advised({ statements: [statement], measure })).rejects.toMatchObject({
      code: 'ADVISE_STATEMENT_INVALID',
      details: { problem: expect.stringContaining(problem) },
    })
  expect((await rig.sql('select count(*)::int as n from orders'))[0]).toEqual({ n: ROWS })
})
