import type { LogWriter, WriteSet } from '@millrace/core'
import { type Postgres, startPostgres } from '@millrace/testing'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { Rig, type RigOptions } from './fixtures/rig.ts'

/** With so little memory the server sends all but the smallest transactions before they end. */
const SETTINGS = { logical_decoding_work_mem: '64kB' }

let postgres: Postgres
let rig: Rig
let second: pg.Client
beforeAll(async () => (postgres = await startPostgres({ settings: SETTINGS })))
afterAll(() => postgres.stop())
afterEach(async () => {
  await second.end()
  await rig.close()
})

async function open(tables: string, options: RigOptions = {}): Promise<void> {
  rig = await Rig.open(postgres, tables, options)
  second = new pg.Client({ connectionString: rig.url })
  await second.connect()
}

const rows = (from: number, to: number): string => `insert into a select g, repeat('x', 200) from generate_series(${from}, ${to}) g`

/** The names of the tails that sets so far have put something into, without what follows the kind. */
function tailsOf(sets: readonly WriteSet[]): Set<string> {
  return new Set(sets.flatMap(({ appends = [] }) => appends.flatMap(({ tail }) => (tail === undefined ? [] : [tail]))))
}

function watching(): { sets: WriteSet[]; options: RigOptions } {
  const sets: WriteSet[] = []
  return { sets, options: { writer: (store): LogWriter => ({ commit: (set) => (sets.push(set), store.commit(set)) }) } }
}

test('a transaction comes while it is in progress, others flow past it, and it shows whole at its end', async () => {
  const { sets, options } = watching()
  await open('create table a (id int primary key, note text)', options)
  await rig.start()
  await rig.sql(`begin; ${rows(1, 60_000)}`)
  // Nothing has ended, and still its rows are here: durable and unseen.
  await rig.until(() => tailsOf(sets).size > 0)
  await second.query('insert into a values (-1, null)')
  expect((await rig.changed('shop.a', 1)).map(({ after }) => after)).toEqual([[-1, null]])
  await second.query('insert into a values (-2, null)')
  await rig.changed('shop.a', 2)
  await rig.sql(`${rows(60_001, 60_010)}; commit`)
  await second.query('insert into a values (-3, null)')
  const changes = await rig.changed('shop.a', 60_013)
  expect([...tailsOf(sets)].every((tail) => /^shop\/streamed\/\d+\/shop\.a$/.test(tail))).toBe(true)
  expect(changes.map(({ after }) => after[0])).toEqual([-1, -2, ...Array.from({ length: 60_010 }, (_, at) => at + 1), -3])
  const large = changes.slice(2, -1)
  expect(new Set(large.map(({ transaction }) => transaction)).size).toBe(1)
  expect(large.map(({ index }) => index)).toEqual(Array.from({ length: 60_010 }, (_, at) => at))
  expect(large[0]?.transaction).toBeGreaterThan(changes[1]?.transaction ?? Infinity)
  expect(large[0]?.transaction).toBeLessThan(changes.at(-1)?.transaction ?? 0)
  expect(large[0]?.time).toBe(large.at(-1)?.time)
  expect(large[0]?.time).toBeGreaterThan(changes[1]?.time ?? Infinity)
})

test('a transaction that is undone leaves nothing, in view or out of it', async () => {
  const { sets, options } = watching()
  await open('create table a (id int primary key, note text)', options)
  await rig.start()
  await rig.sql(`begin; ${rows(1, 60_000)}`)
  await rig.until(() => tailsOf(sets).size > 0)
  await rig.sql('rollback')
  await second.query('insert into a values (-1, null)')
  expect((await rig.changed('shop.a', 1)).map(({ after }) => after[0])).toEqual([-1])
  await rig.until(() => sets.some(({ discard = [] }) => discard.some((tail) => tailsOf(sets).has(tail))))
  expect(rig.reader.control('select count(*) as n from store_tail')).toEqual([{ n: 0 }])
})

test.each([
  ['a part that was undone after it had come', `savepoint s; ${rows(1, 60_000)}`, 'rollback to s'],
  [
    'a table that it changes the shape of',
    `alter table a add column b int; insert into a select g, repeat('x', 200) from generate_series(1, 60000) g`,
    'select 1',
  ],
  [
    'a type of its own making',
    `create type mood as enum ('ok'); alter table a add column m mood; insert into a select g, repeat('x', 200) from generate_series(1, 60000) g`,
    'select 1',
  ],
])('%s makes the transaction come again, whole; afterwards others come in progress again', async (_what, before, after) => {
  const { sets, options } = watching()
  await open('create table a (id int primary key, note text)', options)
  await rig.start()
  expect(rig.observation.evidence).toMatchObject({ streaming: true, streamingFallBacks: 0 })
  await rig.sql(`begin; insert into a values (0); ${before}`)
  await rig.until(() => tailsOf(sets).size > 0 || rig.observation.evidence['streamingFallBacks'] === 1)
  await rig.sql(after)
  await second.query('select 1')
  await rig.sql(`${rows(140_001, 140_010)}; commit`)
  await rig.sql('insert into a values (-1, null)')
  await rig.until(() => rig.observation.evidence['streamingFallBacks'] === 1 && rig.observation.evidence['streaming'] === true)
  const truth = await rig.sql('select count(*)::int as n from a')
  await rig.changed('shop.a', Number(truth[0]?.['n']))
  const ids = rig.changes('shop.a').map((change) => change.after[0])
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.length).toBe(truth[0]?.['n'])
  const streamedBefore = tailsOf(sets).size
  await rig.sql(`begin; ${rows(150_001, 210_000)}`)
  await rig.until(() => tailsOf(sets).size > streamedBefore)
  await rig.sql('commit')
  await rig.changed('shop.a', ids.length + 60_000)
  expect(rig.observation).toMatchObject({ error: null, phase: 'running', evidence: { streamingFallBacks: 1 } })
})

test('a subtransaction that is undone without a row that had come costs nothing', async () => {
  const { sets, options } = watching()
  await open('create table a (id int primary key, note text); create table other (id int primary key)', {
    ...options,
    config: { tables: ['a'] },
  })
  await rig.start()
  await rig.sql(
    `begin; ${rows(1, 5000)}; savepoint s; insert into other select generate_series(1, 5000); ${rows(5001, 5001)}; rollback to s; ${rows(5001, 9000)}`,
  )
  await rig.until(() => tailsOf(sets).size > 0 || rig.observation.evidence['streamingFallBacks'] === 0)
  await rig.sql('commit')
  expect(await rig.changed('shop.a', 9000)).toHaveLength(9000)
})

test('a truncate and keys that move within a transaction in progress keep their order', async () => {
  await open(
    'create table a (id int primary key, note text); create table b (id int primary key); insert into a values (7, null); insert into b values (1)',
  )
  await rig.start()
  await rig.sql(
    `begin; ${rows(1000, 4000)}; truncate a, b; ${rows(1, 3000)}; update a set id = -id where id % 3 = 0; insert into b values (2); delete from a where id = 5; commit`,
  )
  const truth = (await rig.sql(`select id || '|' || note as row from a`)).map(({ row }) => String(row)).sort()
  await rig.until(() => rig.changes('shop.b').length === 3)
  expect(rig.folded('shop.a')).toEqual(truth)
  expect(rig.folded('shop.b')).toEqual(['2'])
})

test('more in progress at once than memory holds: each shows whole, in the order of their ends', async () => {
  await open('create table a (id int primary key, note text)')
  await rig.start()
  const clients = await Promise.all(
    Array.from({ length: 12 }, async () => {
      const client = new pg.Client({ connectionString: rig.url })
      await client.connect()
      await client.query('begin')
      return client
    }),
  )
  for (let round = 0; round < 6; round += 1) {
    for (const [at, client] of clients.entries()) await client.query(rows(at * 100_000 + round * 1000, at * 100_000 + round * 1000 + 999))
    await rig.sql('insert into a values ($1, null)', [-1 - round])
  }
  const ends = [3, 0, 7, 1, 11, 2, 4, 10, 5, 9, 6, 8]
  for (const at of ends) await clients[at]?.query(at === 4 ? 'rollback' : 'commit')
  await Promise.all(clients.map((client) => client.end()))
  const changes = await rig.changed('shop.a', 6 + 11 * 6000)
  const order = changes
    .map(({ after }) => Number(after[0]))
    .filter((id) => id >= 0)
    .map((id) => Math.floor(id / 100_000))
  expect([...new Set(order)]).toEqual(ends.filter((at) => at !== 4))
  expect(order.every((at, index) => index === 0 || at === order[index - 1] || order.indexOf(at) === index)).toBe(true)
  expect(changes).toHaveLength(6 + 11 * 6000)
})

test('stopped in the middle of a transaction in progress, it comes again and shows once', async () => {
  const { sets, options } = watching()
  await open('create table a (id int primary key, note text)', options)
  await rig.start()
  await rig.sql(`begin; ${rows(1, 60_000)}`)
  await rig.until(() => tailsOf(sets).size > 0)
  await second.query('insert into a values (-1, null)')
  await rig.changed('shop.a', 1)
  await rig.stop()
  await second.query('insert into a values (-2, null)')
  await rig.start()
  await rig.changed('shop.a', 2)
  await rig.sql('commit')
  const changes = await rig.changed('shop.a', 60_002)
  expect(changes.map(({ after }) => after[0])).toEqual([-1, -2, ...Array.from({ length: 60_000 }, (_, at) => at + 1)])
})
