/** Law 4 against a real server: whatever is done to a table, its stream amounts to it, or stops and says so. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Postgres, startPostgres } from '@millrace/testing'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { Rig, type RigOptions } from '../fixtures/rig.ts'
import { streamRows, untilSame } from '../fixtures/same-rows.ts'
import { acceptTable, parkedTables } from '../../stopped/parked-tables.ts'

let postgres: Postgres
let rig: Rig

beforeAll(async () => (postgres = await startPostgres({ settings: { max_replication_slots: 30, max_wal_senders: 30 } })))
afterAll(() => postgres.stop())
afterEach(() => rig.close())

const TABLES = `create type mood as enum ('sad', 'glad'); create type place as (x int);
  create table a (id int primary key, n int, note text, m mood, at place);
  insert into a select i, i, 'row ' || i, 'sad', row(i)::place from generate_series(1, 20) i;
  create table beside (id int primary key); insert into beside values (1)`

async function open(tables = TABLES, options: RigOptions = {}): Promise<void> {
  rig = await Rig.open(postgres, tables, options)
}

function parked(): ReturnType<typeof parkedTables> {
  return parkedTables(rig.reader, 'shop')
}

async function accept(): Promise<void> {
  await acceptTable({ writer: rig.store, reader: rig.reader, source: 'shop', stream: 'shop.a' })
}

async function confirmed(): Promise<unknown> {
  return (await rig.sql(`select confirmed_flush_lsn - '0/0' as at from pg_replication_slots where slot_name = '${rig.slot}'`))[0]?.['at']
}

test.each([
  ['alter table a drop column n', 'the column n was removed'],
  ['alter table a rename column note to remark', 'renamed to remark'],
  ['alter table a alter column n type text', 'the column n was INTEGER and is VARCHAR'],
  ['alter table a alter column n type smallint', 'the column n was INTEGER and is SMALLINT'],
  ['alter table a drop constraint a_pkey, add primary key (id, n)', 'was identified by id and is by id, n'],
  ['create unique index k on a (n); alter table a alter column n set not null; alter table a replica identity using index k', 'is by n'],
])('%s parks the table and not the source, through a restart, until it is accepted', async (alteration, what) => {
  await open()
  await rig.start()
  await untilSame(rig, 'a')
  await rig.sql('insert into a (id, n) values (30, 30); update a set n = 31 where id = 30')
  const last = `${alteration}; update a set id = id + 100 where id < 5; insert into beside values (2)`
  await rig.sql(last)
  await rig.until(() => parked().length === 1)
  expect(parked()).toMatchObject([{ source: 'shop', stream: 'shop.a', table: 'a', accepted: false, what: expect.stringContaining(what) }])
  await rig.until(() => streamRows(rig.reader, 'shop.beside').length === 2)
  // The stream stands at the last change of the old shape, and says what is the matter and the way out.
  expect(streamRows(rig.reader, 'shop.a')).toHaveLength(21)
  expect(streamRows(rig.reader, 'shop.a').filter((row) => row.includes('31'))).toHaveLength(1)
  expect(rig.observation).toMatchObject({ phase: 'running', error: { code: 'CAPTURE_TABLE_PARKED' }, evidence: { tablesParked: 1 } })
  expect(rig.observation.error?.hint).toContain('millrace parked shop.a --accept')
  const before = await confirmed()
  await rig.sql('insert into beside values (3)')
  await rig.until(async () => (await confirmed()) !== before)
  await rig.stop()
  await rig.sql('insert into beside values (4); delete from a where id = 7')
  await rig.start()
  await rig.until(() => streamRows(rig.reader, 'shop.beside').length === 4)
  expect(streamRows(rig.reader, 'shop.a')).toHaveLength(21)
  await accept()
  await untilSame(rig, 'a')
  expect(parked()).toEqual([])
  await rig.until(() => rig.observation.error === null)
  await rig.sql('delete from a where id = 9')
  await untilSame(rig, 'a')
  await expect(accept()).rejects.toMatchObject({ code: 'CAPTURE_TABLE_NOT_PARKED', hint: expect.stringContaining('millrace parked') })
})

test.each([
  'alter table a add column more int',
  'alter table a add column more int default 7',
  "alter table a add column more text not null default 'x', add column other timestamptz default clock_timestamp()",
  'alter table a alter column n type bigint',
  'alter table a alter column n type bigint using n * 3000000000',
  'alter table a alter column note type varchar(20) using upper(note)',
  "alter type mood rename value 'sad' to 'blue'",
  "alter type mood add value 'mad' before 'glad'",
  'alter type place add attribute y int',
  'alter table a replica identity full',
  'alter table a alter column n set not null',
  'alter table a alter column n drop default, alter column note set storage external',
  'begin; drop table a; create table a (id int primary key, n int, note text, m mood, at place); insert into a values (1, 2); commit',
  'begin; alter table a rename to b; create table a (like b including all); insert into a select * from b where id > 5; drop table b; commit',
  'begin; insert into a values (50, 50); alter table a add column more int default 5; update a set n = 51 where id = 50; insert into a (id, more) values (51, 1); commit',
])('%s is followed, and the stream is what a fresh snapshot would be, with nobody asked', async (alteration) => {
  await open()
  await rig.start()
  await untilSame(rig, 'a')
  await rig.sql('update a set n = n + 1 where id = 3')
  for (const statement of alteration.startsWith('begin') ? [alteration] : alteration.split('; ')) await rig.sql(statement)
  await untilSame(rig, 'a')
  await rig.sql('update a set n = 44 where id = 4; delete from a where id = 6; insert into a (id, n) values (60, 1), (61, 1)')
  await untilSame(rig, 'a')
  expect(parked()).toEqual([])
  await rig.stop()
  await rig.sql('delete from a where id = 61')
  await rig.start()
  await untilSame(rig, 'a')
})

test('while a table is read anew its stream keeps its last state, and then has the new one at once', async () => {
  await open()
  await rig.start()
  await untilSame(rig, 'a')
  await rig.sql('alter table a add column more int default 7; update a set more = 8 where id = 1')
  await untilSame(rig, 'a')
  // No cut shows the column with a row that lacks its value.
  const isOf = ({ schema }: { schema: { columns: readonly { name: string }[] } }): boolean =>
    schema.columns.some(({ name }) => name === 'more')
  const first = [...rig.reader.read('shop.a')].find((stored) => isOf(stored.batch()))?.cut
  expect(first).toBeGreaterThan(1)
  const rows = streamRows(rig.reader, 'shop.a', first).map((row) => (JSON.parse(row) as (string | null)[]).at(-1))
  expect(rows).toHaveLength(20)
  expect(rows.every((more) => more === '7' || more === '8')).toBe(true)
})

test('a partition that is made empty costs nothing; one with rows, and one that leaves, are read anew', async () => {
  await open(`create table a (id int primary key, note text) partition by range (id);
    create table a1 partition of a for values from (0) to (10); insert into a values (1, 'x'), (2, 'y')`)
  await rig.start()
  await untilSame(rig, 'a')
  await rig.sql('create table a2 partition of a for values from (10) to (20)')
  // In a transaction of its own: whether a row of the same one was there before the joining, no look can tell.
  await rig.sql("insert into a values (11, 'z')")
  await untilSame(rig, 'a')
  const read = (): unknown => rig.observation.evidence['snapshotRows']
  expect(read()).toBe(2)
  await rig.sql(
    "create table a3 (id int primary key, note text); insert into a3 values (21, 'w'); alter table a attach partition a3 for values from (20) to (30)",
  )
  await untilSame(rig, 'a')
  expect(read()).not.toBe(2)
  await rig.sql("insert into a values (22, 'v'); alter table a detach partition a1")
  await untilSame(rig, 'a')
  await rig.sql('drop table a2')
  await untilSame(rig, 'a')
  expect(parked()).toEqual([])
})

test('a table that is dropped or renamed is parked alone, and is taken up again once it is back', async () => {
  await open()
  await rig.start()
  await untilSame(rig, 'a')
  await rig.sql('alter table a rename to b; update b set n = 0 where id = 1')
  await rig.until(() => parked().length === 1)
  expect(parked()).toMatchObject([{ stream: 'shop.a', what: expect.stringContaining('renamed to "public"."b"') }])
  await untilSame(rig, 'b')
  await rig.sql('alter table b rename to a; update a set n = 1 where id = 2')
  await untilSame(rig, 'a')
  expect(parked().map(({ stream }) => stream)).toEqual(['shop.b'])
  await rig.sql('drop table a')
  await rig.until(() => parked().some(({ stream, what }) => stream === 'shop.a' && what === 'it was dropped'))
  await rig.stop()
  await rig.start()
  expect(
    parked()
      .map(({ stream }) => stream)
      .sort(),
  ).toEqual(['shop.a', 'shop.b'])
  await rig.sql('insert into beside values (2)')
  await untilSame(rig, 'beside')
})

test('a table that leaves the publication is parked, also while nobody looked, and accepted it is published again', async () => {
  await open()
  await rig.start()
  await untilSame(rig, 'a')
  await rig.stop()
  await rig.sql(`alter publication ${rig.slot} drop table a; update a set n = 0`)
  await rig.start()
  expect(parked()).toMatchObject([{ stream: 'shop.a', what: `it is not in the publication ${rig.slot}` }])
  await accept()
  await untilSame(rig, 'a')
  await rig.sql(`alter publication ${rig.slot} drop table a; update a set n = 1`)
  await rig.until(() => parked().length === 1)
  await rig.sql(`alter publication ${rig.slot} add table a`)
  await untilSame(rig, 'a')
  expect(parked()).toEqual([])
})

test('tables that match a pattern are found while all runs, each with the rows it has; excluded ones never', async () => {
  await open('create schema sales; create table sales.leads (id int primary key); create table a (id int primary key)', {
    config: { tables: ['a', 'sales.*'], exclude: ['*_archive'] },
  })
  await rig.start()
  await rig.sql(`create table sales.deals (id int primary key); insert into sales.deals select generate_series(1, 100);
    create table sales.old_archive (id int primary key); insert into sales.old_archive values (1);
    create table sales.nameless (id int)`)
  await untilSame(rig, 'sales.deals', 'shop.sales__deals')
  await rig.sql('insert into sales.deals values (101); delete from sales.deals where id < 50; insert into a values (1)')
  await untilSame(rig, 'sales.deals', 'shop.sales__deals')
  await untilSame(rig, 'a')
  expect(rig.reader.streams().map(({ name }) => name)).toEqual(['shop.a', 'shop.sales__leads', 'shop.sales__deals'])
  expect(parked()).toMatchObject([{ stream: 'shop.sales__nameless', what: expect.stringContaining('cannot be told apart') }])
  await rig.sql('alter table sales.nameless add primary key (id); insert into sales.nameless values (1)')
  await untilSame(rig, 'sales.nameless', 'shop.sales__nameless')
})

test('a source that is stopped during a change of shape judges it where it stands when it comes back', async () => {
  await open()
  await rig.start()
  await untilSame(rig, 'a')
  await rig.stop()
  await rig.sql(
    'insert into a values (70, 1); alter table a add column more int; insert into a (id, more) values (71, 1); alter table a drop column note',
  )
  await rig.sql('insert into a (id, more) values (72, 2); insert into beside values (2)')
  await rig.start()
  await untilSame(rig, 'beside')
  await rig.until(() => parked().length === 1)
  expect(streamRows(rig.reader, 'shop.a').filter((row) => row.startsWith('["7'))).toHaveLength(2)
  await accept()
  await sleep(10)
  await untilSame(rig, 'a')
})

test('a type that came and went before its rows are read is not trusted, and nothing is lost', async () => {
  await open()
  await rig.start()
  await untilSame(rig, 'a')
  await rig.stop()
  await rig.sql('create domain d as int; alter table a add column more d; update a set more = 3 where id = 1')
  await rig.sql('alter table a drop column more; drop domain d; alter table a add column less int; update a set less = 4 where id = 2')
  await rig.start()
  await untilSame(rig, 'a')
  expect(parked()).toEqual([])
})
