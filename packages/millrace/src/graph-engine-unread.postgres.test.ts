/** A table on a server is read whole only where it may have been written to. */
import { type Postgres, startPostgres } from '@millrace/testing'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { GraphFolder } from './testing/graph-folder.ts'
import { dropVersions, warehouseProject } from './testing/warehouse.ts'

const SALES = 'warehouse:public.sales'
const PARTS = 'warehouse:public.parts'

let postgres: Postgres
let project: GraphFolder

beforeAll(async () => {
  postgres = await startPostgres()
})

afterAll(() => postgres.stop())

beforeEach(async () => {
  await postgres.query(`drop schema public cascade; create schema public;
    create table sales (id int primary key, amount int); insert into sales values (1, 1), (2, 2);
    create table parts (id int, n int) partition by range (id); create table parts_1 partition of parts for values from (0) to (10);
    create table parts_2 partition of parts default; insert into parts values (1, 1), (20, 2)`)
  project = warehouseProject(postgres, {
    'models/sold.sql': '-- @engine warehouse\nselect sum(amount) as total from sales',
    'models/all_parts.sql': '-- @engine warehouse\nselect sum(n) as total from parts',
  })
})

afterEach(async () => {
  await dropVersions(postgres)
  project.remove()
})

/** How often these tables were read from beginning to end, by all whose sessions are over. */
async function readings(): Promise<number> {
  const [row] = await postgres.query<{ n: number }>(
    "select sum(seq_scan)::int as n from pg_stat_user_tables where relname in ('sales', 'parts_1', 'parts_2')",
  )
  return row?.n ?? 0
}

/** Plans until the server has been quiet for so long that nothing is read any more. */
async function isUnread(): Promise<void> {
  await postgres.disconnect()
  for (;;) {
    await project.wouldCompute()
    const before = await readings()
    await postgres.disconnect()
    await project.wouldCompute()
    const after = await readings()
    await postgres.disconnect()
    if (before === after) return
  }
}

test('what nobody wrote to is not read again; whatever is written is seen, however', async () => {
  await project.run()
  await isUnread()
  const writes: readonly (readonly [sql: string, changed: readonly string[]])[] = [
    ['update sales set amount = 5 where id = 1', [SALES, 'sold']],
    ['insert into parts values (21, 9)', [PARTS, 'all_parts']],
    ['begin; truncate sales; insert into sales values (7, 7); commit', [SALES, 'sold']],
    ['alter table parts add extra int default 4', [PARTS, 'all_parts']],
    ['select pg_stat_reset(); delete from sales', [SALES, 'sold']],
    ['begin; set local track_counts = off; insert into parts values (22, 9); commit; vacuum full parts', [PARTS, 'all_parts']],
  ]
  for (const [sql, changed] of writes) {
    for (const statement of sql.split('; ')) await postgres.query(statement)
    await postgres.disconnect()
    expect([sql, (await project.wouldCompute()).toSorted()]).toEqual([sql, changed.toSorted()])
    await project.run()
  }
})

test('while a session may have something left to tell, a table is read', async () => {
  await project.run()
  await isUnread()
  await postgres.query('select 1')
  const before = await readings()
  await project.wouldCompute()
  await postgres.disconnect()
  expect(await readings()).toBeGreaterThan(before)
})
