/** Generated columns, against a real server: the stream and the snapshot tell the same of them, or neither tells anything. */
import { type Postgres, startPostgres } from '@millrace/testing'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { Rig } from '../fixtures/rig.ts'
import { serverVersion, streamRows, tableRows, untilSame } from '../fixtures/same-rows.ts'
import { type Finding, inspectPostgres } from '../inspect-postgres.ts'

let postgres: Postgres
let rig: Rig
let sends = false

beforeAll(async () => {
  postgres = await startPostgres({ settings: { max_replication_slots: 20, max_wal_senders: 20 } })
  sends = (await serverVersion(postgres)) >= 180_000
})
afterAll(() => postgres.stop())
afterEach(() => rig?.close())

const TABLE = `create table priced (id int primary key, price numeric(10,2), taxed numeric(12,4) generated always as (price * 1.08) stored);
  insert into priced values (1, 10), (2, null)`

function columns(): string[] {
  return rig.reader.stream('shop.priced').schema.columns.map(({ name }) => name)
}

async function findings(): Promise<Finding[]> {
  return inspectPostgres({ project: 'rig', name: 'shop', config: rig.config })
}

/** Follows as a user of little right what the owner of another publication publishes. */
async function followAnother(options: string): Promise<void> {
  const user = `least_${rig.slot}`
  await rig.sql(`create role ${user} login replication password 'millrace'; grant select on priced to ${user};
    create publication ${rig.slot} for table priced with (publish_via_partition_root = true${options})`)
  const { pathname } = new URL(rig.url)
  rig.reconfigure({ config: { url: postgres.urlFor({ user, password: 'millrace', database: pathname.slice(1) }) } })
  await rig.start()
}

test('a server before Postgres 18 keeps generated columns to itself, and doctor says so', async ({ skip }) => {
  skip(sends)
  rig = await Rig.open(postgres, TABLE)
  await rig.start()
  await rig.sql('insert into priced values (3, 30)')
  await untilRows(3)
  expect(columns()).toEqual(['id', 'price'])
  expect((await findings()).find(({ check }) => check === 'generated columns')).toMatchObject({
    ok: true,
    detail: expect.stringContaining('"public"."priced" ("taxed"); Postgres sends them from version 18 on'),
  })
  // An ordinary column from now on: its values of before were never told.
  await rig.sql('alter table priced alter column taxed drop expression')
  await untilSame(rig, 'priced')
})

test('columns that are generated when they are read stay out of the stream', async ({ skip }) => {
  skip(!sends, 'they came with Postgres 18')
  rig = await Rig.open(postgres, TABLE)
  await rig.sql('alter table priced add column net numeric generated always as (price * 2) virtual')
  await rig.start()
  await rig.sql('update priced set price = 3; delete from priced where id = 2')
  await rig.until(() => streamRows(rig.reader, 'shop.priced').join() === '["1","3.00","3.2400"]')
  expect(columns()).toEqual(['id', 'price', 'taxed'])
})

test('with FULL identity they would have Postgres refuse updates: such a table is refused before it is published', async ({ skip }) => {
  skip(!sends, 'they came with Postgres 18')
  rig = await Rig.open(
    postgres,
    `create table whole (id int, n int, double int generated always as (n * 2) virtual); alter table whole replica identity full; insert into whole values (1, 1)`,
  )
  rig.begin()
  expect(await rig.failure()).toMatchObject({
    code: 'SOURCE_TABLE_IDENTITY',
    message: expect.stringContaining('generated when they are read'),
  })
  await rig.sql('update whole set n = 2')
  await rig.sql(`create publication by_hand for table whole`)
  await expect(rig.sql('update whole set n = 2')).rejects.toThrow('cannot update table')
})

async function untilRows(count: number): Promise<void> {
  await rig.until(async () => {
    const rows = streamRows(rig.reader, 'shop.priced')
    return rows.length === count && rows.join() === (await tableRows(rig, 'shop.priced', 'priced')).join()
  })
}

// Before Postgres 18 no publication sends them.
beforeEach(({ skip, task }) => skip(!sends && task.name.startsWith('law')))

test('law 6: a stored generated column is the same from the snapshot, from the stream and before a change', async () => {
  rig = await Rig.open(
    postgres,
    `${TABLE}; create table whole (id int, n int, double int generated always as (n * 2) stored not null, large text generated always as (repeat(n::text, 9000)) stored);
    alter table whole replica identity full; insert into whole values (1, 1);
    create table keyed (n int, double int generated always as (n * 2) stored primary key); insert into keyed values (1);
    create table parted (id int, n int, double int generated always as (n * 2) stored, primary key (id)) partition by range (id);
    create table part partition of parted for values from (0) to (100); insert into parted values (1, 1)`,
  )
  await rig.start()
  await rig.sql('insert into priced values (3, 10), (4, null); update priced set price = 11 where id = 1; delete from priced where id = 2')
  await rig.sql('insert into whole values (2, 1); update whole set n = 7 where id = 1; update whole set id = 9 where id = 2')
  await rig.sql('insert into keyed values (2), (3); update keyed set n = 10 where n = 1; delete from keyed where n = 2')
  await rig.sql('insert into parted values (2, 2); update parted set n = 9 where id = 1')
  for (const table of ['priced', 'whole', 'keyed', 'parted']) await untilSame(rig, table)
  expect(rig.reader.stream('shop.priced').schema.columns[2]).toEqual({
    name: 'taxed',
    type: { kind: 'decimal', width: 12, scale: 4 },
    nullable: true,
    sourceType: 'numeric(12,4)',
  })
  const read = rig.changes('shop.priced').find(({ operation, after }) => operation === 'insert' && after[0] === 1)
  const told = rig.changes('shop.priced').find(({ operation, after }) => operation === 'insert' && after[0] === 3)
  expect(told?.after.slice(1)).toEqual(read?.after.slice(1))
  expect((await findings()).filter(({ ok, check }) => !ok || check === 'generated columns')).toEqual([])
})

test('law 6: a generated column that comes, changes or becomes ordinary while capture runs ends as what the table holds', async () => {
  rig = await Rig.open(postgres, TABLE)
  await rig.start()
  await rig.sql('insert into priced values (3, 10)')
  await rig.sql('alter table priced add column double numeric(12,2) generated always as (price * 2) stored')
  await untilSame(rig, 'priced')
  await rig.sql('insert into priced values (4, 10)')
  await rig.sql('alter table priced alter column double set expression as (price * 3)')
  await untilSame(rig, 'priced')
  await rig.sql('alter table priced alter column double drop expression; update priced set double = 1 where id = 1')
  await untilSame(rig, 'priced')
  expect(rig.observation.error).toBeNull()
})

test('law 6: a publication of our own that lacks them is given them, and the rows are read anew', async () => {
  rig = await Rig.open(postgres, TABLE)
  await rig.sql(`create role owner_${rig.slot} login replication password 'millrace'; grant select on priced to owner_${rig.slot};
    create publication ${rig.slot} for table priced with (publish_via_partition_root = true)`)
  const own = rig.config
  const { pathname } = new URL(rig.url)
  rig.reconfigure({ config: { url: postgres.urlFor({ user: `owner_${rig.slot}`, password: 'millrace', database: pathname.slice(1) }) } })
  await rig.start()
  await untilRows(2)
  expect(columns()).toEqual(['id', 'price'])
  await rig.stop()
  await rig.sql('insert into priced values (3, 30)')
  rig.reconfigure({ config: own })
  await rig.start()
  await rig.sql('insert into priced values (4, 40)')
  await untilSame(rig, 'priced')
  expect(columns()).toEqual(['id', 'price', 'taxed'])
})

test('law 6: a publication of somebody else that lacks them is left as it is, doctor says so, and it may get them while capture runs', async () => {
  rig = await Rig.open(postgres, TABLE)
  await followAnother('')
  await rig.sql('insert into priced values (3, 30)')
  await untilRows(3)
  expect(columns()).toEqual(['id', 'price'])
  expect((await findings()).find(({ check }) => check === 'generated columns')).toEqual({
    check: 'generated columns',
    ok: true,
    detail: `not captured: "public"."priced" ("taxed"); ALTER PUBLICATION "${rig.slot}" SET (publish_generated_columns = stored) would have them sent`,
  })
  await rig.sql(`alter publication ${rig.slot} set (publish_generated_columns = stored); insert into priced values (4, 40)`)
  await untilSame(rig, 'priced')
  expect(columns()).toEqual(['id', 'price', 'taxed'])
})

test('law 6: one that is left out by the settings does not leave the server', async () => {
  rig = await Rig.open(postgres, TABLE, { config: { columns: { priced: { exclude: ['taxed'] } } } })
  await rig.start()
  await rig.sql('insert into priced values (3, 30)')
  await untilRows(3)
  expect(columns()).toEqual(['id', 'price'])
  const lists = await rig.sql(`select attnames::text as names from pg_publication_tables where pubname = '${rig.slot}'`)
  expect(lists).toEqual([{ names: '{id,price}' }])
})
