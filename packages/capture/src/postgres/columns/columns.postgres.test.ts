/** Columns that are left out or masked, against a real server: nothing of them reaches the log, nor leaves the server where that can be. */
import { createHmac } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { PostgresSource } from '@millrace/core'
import { type Postgres, startPostgres } from '@millrace/testing'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { discoverTables } from '../discover-tables.ts'
import { Rig } from '../fixtures/rig.ts'
import { serverVersion, streamRows } from '../fixtures/same-rows.ts'

let postgres: Postgres
let rig: Rig

beforeAll(async () => (postgres = await startPostgres({ settings: { max_replication_slots: 20, max_wal_senders: 20 } })))
afterAll(() => postgres.stop())
beforeEach(() => vi.stubEnv('MILLRACE_TEST_MASK_KEY', 'pepper'))
afterEach(async () => {
  vi.unstubAllEnvs()
  await rig?.close()
})

const maskKey = { secret: 'env', name: 'MILLRACE_TEST_MASK_KEY' } as const

async function open(tables: string, config: Partial<PostgresSource>): Promise<void> {
  rig = await Rig.open(postgres, tables, { config: { maskKey, ...config } })
}

function hash(text: string): string {
  return createHmac('sha256', 'pepper').update(text).digest('hex')
}

/** Whether some bytes stand anywhere in the store, its write-ahead log included. */
function isStored(text: string): boolean {
  return readdirSync(rig.folder)
    .filter((file) => file.startsWith('store.db'))
    .some((file) => readFileSync(join(rig.folder, file)).includes(text))
}

async function told(count: number): Promise<string[]> {
  await rig.changed('shop.people', count)
  return streamRows(rig.reader, 'shop.people')
}

test('a mask is the same from the snapshot and from the stream, and what it hides is nowhere', async () => {
  const mask = { email: 'hash', note: 'redact', card: { keep: 4 }, born: 'hash' } as const
  await open(
    `create table people (id int primary key, email text, note text, card text, born date);
     insert into people values (1, 'ann@secret.example', 'note-secret', '4111111111111111', '1999-01-02'), (2, null, null, null, null)`,
    { columns: { people: { mask } } },
  )
  await rig.start()
  await rig.sql(
    "insert into people values (3, 'ann@secret.example', 'note-secret', '4111111111111111', '1999-01-02'), (4, null, null, null, null)",
  )
  const row = [hash('ann@secret.example'), '***', '************1111', hash('1999-01-02')]
  expect(await told(4)).toEqual([
    JSON.stringify(['1', ...row]),
    JSON.stringify(['2', null, null, null, null]),
    JSON.stringify(['3', ...row]),
    JSON.stringify(['4', null, null, null, null]),
  ])
  expect(rig.reader.stream('shop.people').schema.columns.map(({ type }) => type.kind)).toEqual(['int32', 'text', 'text', 'text', 'text'])
  expect(await discoverTables({ name: 'shop', config: rig.config })).toMatchObject([{ schema: rig.reader.stream('shop.people').schema }])
  await rig.stop()
  for (const secret of ['ann@secret', 'note-secret', '4111111111111111']) expect(isStored(secret)).toBe(false)
})

test('large values that did not change stay unchanged under a mask, and rows before a change are masked too', async () => {
  const large = "(select string_agg(md5('secret' || i), '') from generate_series(1, 400) i)"
  await open(
    `create table people (id int primary key, n int, note text); insert into people values (1, 1, ${large});
    create table full_ones (id int primary key, n int, note text); alter table full_ones replica identity full; insert into full_ones values (1, 1, ${large})`,
    {
      columns: { '*': { mask: { note: 'hash' } } },
    },
  )
  await rig.start()
  await rig.sql('update people set n = 2; update full_ones set n = 2; delete from full_ones')
  const text = String((await rig.sql('select note as text from people'))[0]?.['text'])
  expect(await told(2)).toEqual([JSON.stringify(['1', '2', hash(text)])])
  const [, updated, deleted] = await rig.changed('shop.full_ones', 3)
  expect([updated?.after[2], updated?.before?.[2], deleted?.after[2]]).toEqual([hash(text), hash(text), hash(text)])
  await rig.stop()
  expect(isStored(text.slice(0, 64))).toBe(false)
})

test('a hashed key keeps the identity of its rows: updates, deletes and a change of the key', async () => {
  await open(`create table people (email text primary key, n int); insert into people values ('ann', 1), ('bob', 1), ('eve', 1)`, {
    columns: { people: { mask: { email: 'hash' } } },
  })
  await rig.start()
  await rig.sql(
    "update people set n = 2 where email = 'ann'; delete from people where email = 'bob'; update people set email = 'mallory' where email = 'eve'",
  )
  expect(await told(6)).toEqual([JSON.stringify([hash('ann'), '2']), JSON.stringify([hash('mallory'), '1'])].sort())
})

test('a column that is left out does not leave the server, nor do its values reach the log where it cannot be kept', async ({ skip }) => {
  skip((await serverVersion(postgres)) < 150_000, 'lists of columns came with Postgres 15')
  await open(
    `create table people (id int primary key, password text, n int); insert into people values (1, 'hidden-word', 1);
     create table full_ones (id int primary key, password text, n int); alter table full_ones replica identity full; insert into full_ones values (1, 'hidden-word', 1)`,
    { columns: { people: { exclude: ['password'] }, full_ones: { include: ['id', 'n'] } } },
  )
  await rig.start()
  const lists = await rig.sql(`select tablename, attnames::text from pg_publication_tables where pubname = '${rig.slot}' order by 1`)
  // A table with FULL identity is published whole, or Postgres would refuse its updates.
  expect(lists).toEqual([
    { tablename: 'full_ones', attnames: '{id,password,n}' },
    { tablename: 'people', attnames: '{id,n}' },
  ])
  await rig.sql(
    "update people set password = 'hidden-word', n = 2; insert into people values (2, 'hidden-word', 2); update full_ones set n = 2, password = 'hidden-word2'; delete from full_ones",
  )
  expect(await told(3)).toEqual(['["1","2"]', '["2","2"]'])
  expect((await rig.changed('shop.full_ones', 3)).map(({ after }) => after)).toEqual([
    [1, 1],
    [1, 2],
    [1, 2],
  ])
  await rig.stop()
  expect(isStored('hidden-word')).toBe(false)
})

test('another choice of columns or masks is found at the next start, and rows are read anew where it shows more', async () => {
  await open("create table people (id int primary key, email text, n int); insert into people values (1, 'ann', 1)", {
    columns: { people: { exclude: ['email'] } },
  })
  await rig.start()
  await rig.sql("insert into people values (2, 'bob', 2)")
  await told(2)
  await rig.stop()
  rig.reconfigure({ config: { maskKey, columns: { people: { mask: { email: 'redact' } } } } })
  await rig.start()
  await rig.until(() => streamRows(rig.reader, 'shop.people').join().includes('***'))
  await rig.sql("insert into people values (3, 'eve', 3)")
  await rig.until(() => streamRows(rig.reader, 'shop.people').length === 3)
  expect(streamRows(rig.reader, 'shop.people').map((row) => (JSON.parse(row) as string[]).includes('***'))).toEqual([true, true, true])
  await rig.stop()
  rig.reconfigure({ config: { maskKey, columns: { people: { mask: { email: 'hash' } } } } })
  await rig.start()
  await rig.until(() => streamRows(rig.reader, 'shop.people').join().includes(hash('bob')))
  expect(streamRows(rig.reader, 'shop.people')).toHaveLength(3)
})

test('a bad value under a mask is no bad value, and a parked row tells nothing that is masked', async () => {
  await open('create table people (id int primary key, amount numeric(6,2), email text)', {
    columns: { people: { mask: { amount: 'hash', email: 'redact' } } },
  })
  await rig.start()
  await rig.sql("insert into people values (1, 'NaN', 'ann@secret.example')")
  expect(await told(1)).toEqual([JSON.stringify(['1', hash('NaN'), '***'])])
  await rig.stop()
  expect(isStored('ann@secret')).toBe(false)
})

test('columns that somebody else does not publish are not captured, and no table of theirs is altered', async ({ skip }) => {
  skip((await serverVersion(postgres)) < 150_000, 'lists of columns came with Postgres 15')
  await open(
    `create role owner login; create table people (id int primary key, password text, n int); insert into people values (1, 'x', 1)`,
    {},
  )
  await rig.sql(`create role capturer_${rig.slot} login replication password 'millrace'; grant select on people to capturer_${rig.slot};
    create publication ${rig.slot} for table people (id, n) with (publish_via_partition_root = true)`)
  rig.reconfigure({
    config: { url: postgres.urlFor({ user: `capturer_${rig.slot}`, password: 'millrace', database: new URL(rig.url).pathname.slice(1) }) },
  })
  await rig.start()
  await rig.sql('insert into people values (2, $$y$$, 2)')
  expect(await told(2)).toEqual(['["1","1"]', '["2","2"]'])
})
