import { setTimeout as sleep } from 'node:timers/promises'
import { MillraceError } from '@millrace/base'
import type { LogWriter, WriteSet } from '@millrace/core'
import { type Postgres, startPostgres } from '@millrace/testing'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { Rig, type RigOptions } from './fixtures/rig.ts'

let postgres: Postgres
let rig: Rig
beforeAll(async () => (postgres = await startPostgres()))
afterAll(() => postgres.stop())
afterEach(() => rig.close())

async function open(tables: string, options: RigOptions = {}): Promise<void> {
  rig = await Rig.open(postgres, tables, options)
}

test('inserts, updates and deletes arrive in order, each with its identity and the time of its commit', async () => {
  await open('create table orders (id int primary key, total numeric(8,2)); insert into orders values (1, 1)')
  await rig.start()
  const beganMs = Date.now()
  await rig.sql(
    'begin; insert into orders values (2, 20), (3, 30); update orders set total = 21 where id = 2; delete from orders where id = 1; commit',
  )
  await rig.sql('update orders set id = 33 where id = 3')
  const [snapshot, ...changes] = await rig.changed('shop.orders', 6)
  expect(snapshot).toMatchObject({ operation: 'insert', after: [1, 100] })
  expect(
    changes.map(({ operation, index, after, before }) => [
      operation,
      index,
      after,
      before?.some((cell) => cell !== undefined) ? before : null,
    ]),
  ).toEqual([
    ['insert', 0, [2, 2000], null],
    ['insert', 1, [3, 3000], null],
    ['update', 2, [2, 2100], null],
    ['delete', 3, [1, undefined], null],
    ['update', 0, [33, 3000], [3, undefined]],
  ])
  const transactions = new Set(changes.map(({ transaction }) => transaction))
  expect(transactions.size).toBe(2)
  for (const { time, transaction } of changes) {
    expect(transaction).toBeGreaterThan(snapshot?.transaction ?? Infinity)
    expect(time / 1000).toBeGreaterThan(beganMs - 5000)
    expect(time / 1000).toBeLessThan(Date.now() + 5000)
  }
})

const LONG = (letter: string): string => letter.repeat(6000)

test('an unchanged large value is told as unchanged, never as null, and with FULL identity as itself', async () => {
  await open(`create table doc (id int primary key, body text, data jsonb, n int);
    create table full_doc (id int primary key, body text, n int); alter table full_doc replica identity full;
    alter table doc alter body set storage external; alter table full_doc alter body set storage external; alter table doc alter data set storage external`)
  await rig.start()
  for (const table of ['doc', 'full_doc']) await rig.sql(`insert into ${table} (id, body, n) values (1, '${LONG('a')}', 1)`)
  await rig.sql(`update doc set data = jsonb_build_object('long', repeat('j', 6000))`)
  await rig.sql('begin; update doc set n = 2; update doc set n = null; commit')
  await rig.sql('update full_doc set n = 2')
  await rig.sql('delete from full_doc')
  const doc = await rig.changed('shop.doc', 4)
  const full = await rig.changed('shop.full_doc', 3)
  expect(doc[1]?.after).toEqual([1, undefined, JSON.stringify({ long: 'j'.repeat(6000) }).replace(':', ': '), 1])
  expect(doc[2]?.after).toEqual([1, undefined, undefined, 2])
  expect(doc[3]?.after).toEqual([1, undefined, undefined, null])
  expect(full[1]).toMatchObject({ operation: 'update', after: [1, LONG('a'), 2], before: [1, LONG('a'), 1] })
  expect(full[2]).toMatchObject({ operation: 'delete', after: [1, LONG('a'), 2] })
  expect(rig.folded('shop.doc')).toHaveLength(1)
})

test('the replica identity decides the key: an index, or all of the row', async () => {
  await open(`create table by_index (id int primary key, code text not null unique, note text); alter table by_index replica identity using index by_index_code_key;
    create table whole (a int, b text); alter table whole replica identity full`)
  await rig.start()
  await rig.sql("insert into by_index values (1, 'x', 'n'); insert into whole values (1, null), (1, 'b')")
  await rig.sql(
    "update by_index set code = 'y'; delete from by_index; update whole set a = 2 where b is null; delete from whole where b = 'b'",
  )
  const byIndex = await rig.changed('shop.by_index', 3)
  const whole = await rig.changed('shop.whole', 4)
  expect(rig.reader.stream('shop.by_index').schema.key).toEqual([1])
  expect(byIndex[1]).toMatchObject({ after: [1, 'y', 'n'], before: [undefined, 'x', undefined] })
  expect(byIndex[2]).toMatchObject({ operation: 'delete', after: [undefined, 'y', undefined] })
  expect(rig.reader.stream('shop.whole').schema.key).toEqual([])
  expect(whole[2]).toMatchObject({ after: [2, null], before: [1, null] })
  expect(whole[3]).toMatchObject({ operation: 'delete', after: [1, 'b'] })
})

test('a truncate is one change in each table that it empties', async () => {
  await open(
    'create table a (id int primary key); create table b (id int primary key references a); insert into a values (1); insert into b values (1)',
  )
  await rig.start()
  await rig.sql('truncate a, b')
  await rig.sql('insert into a values (2)')
  expect((await rig.changed('shop.a', 3)).map(({ operation }) => operation)).toEqual(['insert', 'truncate', 'insert'])
  expect((await rig.changed('shop.b', 2)).map(({ operation }) => operation)).toEqual(['insert', 'truncate'])
  expect(rig.folded('shop.a')).toEqual(['2'])
})

test('law 3: a transaction larger than a batch, and the tables beside it, become visible as one', async () => {
  await open('create table a (id int primary key, note text); create table b (id int primary key)')
  await rig.start()
  const parts: WriteSet[] = []
  await rig.stop()
  rig.reconfigure({ writer: (store): LogWriter => ({ commit: (set) => (parts.push(set), store.commit(set)) }) })
  await rig.start()
  await rig.sql(
    `begin; insert into b values (1); insert into a select g, repeat('x', 1000) from generate_series(1, 25000) g; insert into b values (2); commit`,
  )
  await rig.until(() => {
    const [a, b] = ['shop.a', 'shop.b'].map((stream) => rig.reader.extents(stream).reduce((sum, { next }) => sum + next, 0))
    expect([
      [0, 0],
      [25_000, 2],
    ]).toContainEqual([a, b])
    return b === 2
  })
  expect(parts.filter(({ appends = [] }) => appends.some(({ tail }) => tail !== undefined)).length).toBeGreaterThan(1)
  const indexes = [...rig.changes('shop.a'), ...rig.changes('shop.b')].map(({ index }) => index).sort((left, right) => left - right)
  expect(indexes).toEqual(Array.from({ length: 25_002 }, (_, index) => index))
})

test('law 2: while the log hangs nothing is acknowledged, whatever passes by, and what was not comes again', async () => {
  await open('create table a (id int primary key)')
  await rig.start()
  await rig.stop()
  const disk = Promise.withResolvers<never>()
  let hung = 0
  rig.reconfigure({
    writer: (store): LogWriter => ({
      commit(set) {
        if (set.appends === undefined) return store.commit(set)
        hung += 1
        return disk.promise
      },
    }),
  })
  await rig.start()
  await rig.sql('insert into a values (1)')
  // The end of its commit, or later. What lies before its commit may well be acknowledged: a heartbeat, for one.
  const [{ firstEnd } = {}] = await rig.sql('select pg_current_wal_insert_lsn()::text as "firstEnd"')
  await rig.until(() => hung === 1)
  // Long enough for several signs of life, with positions far past the change.
  for (let second = 0; second < 6; second += 1) {
    await rig.sql('select pg_logical_emit_message(false, $1, $2)', ['other', 'noise'])
    await sleep(1000)
    const [slot] = await rig.sql('select confirmed_flush_lsn < $1::pg_lsn as kept from pg_replication_slots where slot_name = $2', [
      firstEnd,
      rig.slot,
    ])
    expect(slot).toEqual({ kept: true })
  }
  expect(rig.observation.lagMs).toBeGreaterThan(5000)
  disk.reject(new MillraceError('STORE_DISK_FULL', { details: { path: 'store.db' } }))
  await rig.until(() => rig.observation.error?.code === 'STORE_DISK_FULL')
  await rig.stop()
  rig.reconfigure({ writer: (store) => store })
  await rig.start()
  expect((await rig.changed('shop.a', 1)).map(({ after }) => after)).toEqual([[1]])
})

test('interleaved transactions come whole, in the order of their commits, and again none after a restart', async () => {
  await open('create table a (id int primary key)')
  await rig.start()
  const other = await Rig.open(postgres, '')
  const second = new (other.client.constructor as typeof import('pg').Client)({ connectionString: rig.url })
  await second.connect()
  await rig.sql('begin; insert into a values (1)')
  await second.query('insert into a values (2)')
  await rig.changed('shop.a', 1)
  await rig.stop()
  await rig.sql('insert into a values (3); commit')
  await second.query('insert into a values (4)')
  await rig.start()
  expect((await rig.changed('shop.a', 4)).map(({ after }) => after[0])).toEqual([2, 1, 3, 4])
  await second.end()
  await other.client.end()
  await other.store.close()
})

test("a key's changes stay in one partition, in the snapshot as in the stream", async () => {
  await open('create table a (id int primary key, n int); insert into a select g, 0 from generate_series(1, 200) g', { partitions: 4 })
  await rig.start()
  await rig.sql('update a set n = n + 1; update a set n = n + 1; delete from a where id > 190; truncate a')
  await rig.changed('shop.a', 200 + 200 + 200 + 10 + 4)
  const partitionOf = new Map<number, number>()
  let truncates = 0
  const sizes = [0, 0, 0, 0]
  for (const stored of rig.reader.read('shop.a')) {
    const { partition } = stored
    const { operations, after, count } = stored.batch()
    for (let row = 0; row < count; row += 1) {
      if (operations[row] === 3) truncates += 1
      const id = Number(after[0]?.values[row])
      if (operations[row] === 3) continue
      expect(partitionOf.get(id) ?? partition).toBe(partition)
      partitionOf.set(id, partition)
      sizes[partition] = (sizes[partition] ?? 0) + 1
    }
  }
  expect(truncates).toBe(4)
  for (const size of sizes) expect(size).toBeGreaterThan(60)
})

test('a partitioned table is one stream, with the rows of all its partitions', async () => {
  await open(`create table m (id int, at date, primary key (id, at)) partition by range (at);
    create table m1 partition of m for values from ('2026-01-01') to ('2026-02-01'); insert into m values (1, '2026-01-05')`)
  await rig.start()
  await rig.sql(
    "create table m2 partition of m for values from ('2026-02-01') to ('2026-03-01'); insert into m values (2, '2026-02-05'); update m set at = '2026-02-07' where id = 1",
  )
  await rig.until(() => rig.folded('shop.m').length === 2 && rig.changes('shop.m').length >= 3)
  expect(rig.reader.streams().map(({ name }) => name)).toEqual(['shop.m'])
  expect(rig.folded('shop.m')).toEqual(['1|2026-02-07', '2|2026-02-05'])
})

test('a table of another schema has its stream, and one that joins later brings the rows it has', async () => {
  await open(
    'create schema sales; create table sales.leads (id int primary key); insert into sales.leads values (7); create table a (id int primary key); insert into a values (1)',
    {
      config: { tables: ['a'] },
    },
  )
  await rig.start()
  expect(rig.reader.streams().map(({ name }) => name)).toEqual(['shop.a'])
  await rig.stop()
  await rig.sql('insert into a values (2); delete from a where id = 1')
  rig.reconfigure({ config: { tables: ['a', 'sales.leads'] } })
  await rig.start()
  await rig.until(
    () => rig.reader.streams().some(({ name }) => name === 'shop.sales__leads') && rig.folded('shop.sales__leads').join() === '7',
  )
  await rig.until(() => rig.folded('shop.a').join() === '2')
  await rig.sql('insert into sales.leads values (8)')
  await rig.changed('shop.sales__leads', 2)
})
