/** What a role needs and what it does not: each test follows a table as a user who has just so much. */
import { type Postgres, startPostgres } from '@millrace/testing'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { discoverTables } from './discover-tables.ts'
import { Rig } from './fixtures/rig.ts'
import { serverVersion, untilSame } from './fixtures/same-rows.ts'
import { inspectPostgres } from './inspect-postgres.ts'

let postgres: Postgres
let rig: Rig
let users = 0

beforeAll(async () => (postgres = await startPostgres({ settings: { max_replication_slots: 20, max_wal_senders: 20 } })))
afterAll(() => postgres.stop())
afterEach(() => rig.close())

/** A role with LOGIN and REPLICATION, and a database with a table; what else it may, `grants` says of `USER` and `PUBLICATION`. */
async function open(grants: string, attributes = ''): Promise<string> {
  users += 1
  const user = `least${users}`
  rig = await Rig.open(
    postgres,
    `create role ${user} login replication ${attributes} password 'millrace'; create table a (id int primary key, n int); insert into a values (1, 1)`,
  )
  await rig.sql(grants.replaceAll('USER', user).replaceAll('PUBLICATION_NAME', rig.slot))
  rig.reconfigure({ config: { url: postgres.urlFor({ user, password: 'millrace', database: new URL(rig.url).pathname.slice(1) }) } })
  return user
}

const PUBLISHED = 'grant select on a to USER; create publication PUBLICATION_NAME for table a with (publish_via_partition_root = true)'

async function follows(): Promise<void> {
  await rig.start()
  await rig.sql('update a set n = 2; insert into a values (2, 2)')
  await untilSame(rig, 'a')
}

test('REPLICATION, and SELECT on what is captured, are enough where the owner has published it', async () => {
  await open(PUBLISHED)
  await follows()
  expect(rig.observation).toMatchObject({ phase: 'running', error: null })
  expect((await inspectPostgres({ project: 'rig', name: 'shop', config: rig.config })).filter(({ ok }) => !ok)).toEqual([])
})

test('a user who may never write follows all the same, heartbeats and the slot moving on included', async ({ skip }) => {
  skip((await serverVersion(postgres)) < 140_000, 'Postgres 13 does not send heartbeats back')
  await open(PUBLISHED)
  await rig.sql(`alter role least${users} set default_transaction_read_only = on`)
  await follows()
  await rig.until(() => rig.observation.evidence['lastHeartbeatMs'] !== null)
  expect(rig.observation.evidence['heartbeatRefused']).toBe(null)
  const confirmed = async (): Promise<unknown> =>
    (await rig.sql(`select confirmed_flush_lsn::text as at from pg_replication_slots where slot_name = '${rig.slot}'`))[0]?.['at']
  const before = await confirmed()
  await rig.until(async () => (await confirmed()) !== before)
})

test('a user who may never write and finds no publication is told the statement that its owner runs', async () => {
  await open('grant select on a to USER')
  await rig.sql(`alter role least${users} set default_transaction_read_only = on`)
  rig.begin()
  expect(await rig.failure()).toMatchObject({
    code: 'SOURCE_PERMISSION',
    hint: expect.stringContaining(`CREATE PUBLICATION "${rig.slot}" FOR TABLE "public"."a"`),
  })
})

test('a grant on the captured columns alone is enough', async ({ skip }) => {
  skip((await serverVersion(postgres)) < 150_000, 'lists of columns came with Postgres 15')
  await open(
    'grant select (id, n) on a to USER; alter table a add column secret text; create publication PUBLICATION_NAME for table a (id, n) with (publish_via_partition_root = true)',
  )
  await rig.start()
  await rig.sql('insert into a values (2, 2)')
  await rig.changed('shop.a', 2)
  expect(rig.reader.stream('shop.a').schema.columns.map(({ name }) => name)).toEqual(['id', 'n'])
})

test('row-level security that hides rows from the user is refused before a row is missed, and told by the doctor', async () => {
  const user = await open(`${PUBLISHED}; alter table a enable row level security; create policy own on a using (id = 1)`)
  const error = { code: 'SOURCE_ROW_SECURITY', message: expect.stringContaining(user), hint: expect.stringContaining('BYPASSRLS') }
  await expect(discoverTables({ name: 'shop', config: rig.config })).rejects.toMatchObject(error)
  rig.begin()
  expect(await rig.failure()).toMatchObject(error)
  expect((await inspectPostgres({ project: 'rig', name: 'shop', config: rig.config })).filter(({ ok }) => !ok)).toMatchObject([
    { check: 'row security', fix: `ALTER ROLE "${user}" BYPASSRLS;` },
  ])
  await rig.sql(`alter role ${user} bypassrls; insert into a values (5, 5)`)
  await follows()
})

test('a table whose right to be read was taken flows on, for its rows are here already, and one that joins waits for its right', async () => {
  const user = await open(`${PUBLISHED}; create table b (id int primary key); alter publication PUBLICATION_NAME add table b`)
  rig.reconfigure({ config: { ...rig.config, tables: ['a'] } })
  await follows()
  await rig.stop()
  await rig.sql(`revoke select on a from ${user}; insert into a values (3, 3); insert into b values (1)`)
  rig.reconfigure({ config: { ...rig.config, tables: ['a', 'b'] } })
  await rig.start()
  await untilSame(rig, 'a')
  await rig.until(() => String(rig.observation.evidence['parked']).includes('shop.b'))
  expect(rig.observation.error).toMatchObject({ code: 'CAPTURE_TABLE_PARKED' })
  await rig.sql(`grant select on b to ${user}`)
  await untilSame(rig, 'b')
})
