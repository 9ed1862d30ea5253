import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { BatchBuilder, changeAt, type Schema } from '@millrace/core'
import { afterEach, describe, expect, test } from 'vitest'
import { startChild } from './fixtures/child.ts'
import { freshFolder, freshPath } from './fixtures/folders.ts'
import { append, idsIn, inserts, orders, ordersSchema, range } from './fixtures/orders.ts'
import { openReader, openStore, type Store, type StoreOptions } from './index.ts'

const opened: Store[] = []

async function open(path = freshPath(), options: StoreOptions = {}): Promise<Store> {
  const store = await openStore(path, options)
  opened.push(store)
  return store
}

afterEach(async () => {
  for (const store of opened.splice(0)) await store.close()
})

async function openWithOrders(options: StoreOptions = {}): Promise<Store> {
  const store = await open(freshPath(), options)
  await store.commit({ streams: [orders()] })
  return store
}

describe('a commit', () => {
  test('makes a batch readable with its position, cut, time and identity (law 5)', async () => {
    const clock = { nowMs: () => 1_700_000_000_123.5, monotonicMs: () => 0, sleep: () => Promise.resolve() }
    const store = await open(freshPath(), { clock })
    const committed = await store.commit({ streams: [orders()], appends: [{ ...append([7, 8]), asOf: 5 }] })
    expect(committed).toEqual({ cut: 1, atMs: 1_700_000_000_123.5, bytes: expect.any(Number) })
    const [stored, ...others] = [...store.reader().read('shop.orders')]
    expect(others).toEqual([])
    expect(stored).toMatchObject({
      stream: 'shop.orders',
      partition: 0,
      first: 0,
      count: 2,
      cut: 1,
      asOf: 5,
      committedMs: 1_700_000_000_123.5,
    })
    expect(stored?.storedBytes).toBe(committed.bytes)
    expect(changeAt(stored?.batch() as never, 1)).toEqual(changeAt(inserts([7, 8]), 1))
  })

  test('that shows nothing new keeps the cut', async () => {
    const store = await openWithOrders()
    expect((await store.commit({ appends: [append([1])] })).cut).toBe(1)
    expect((await store.commit({ progress: { source: 'shop', transaction: 9, state: {} } })).cut).toBe(1)
    expect((await store.commit({ appends: [{ ...append([]), stream: 'shop.orders' }] })).cut).toBe(1)
    expect((await store.commit({ appends: [append([2])] })).cut).toBe(2)
  })

  test('counts positions per partition without gaps', async () => {
    const store = await open()
    await store.commit({ streams: [orders('shop.orders', 2), orders('shop.items')] })
    await store.commit({ appends: [append([1, 2, 3]), append([4], { partition: 1 }), append([5], { stream: 'shop.items' })] })
    await store.commit({ appends: [append([6]), append([7, 8], { partition: 1 })] })
    const places = [...store.reader().read('shop.orders')].map(({ partition, first, count, cut }) => [partition, first, count, cut])
    expect(places).toEqual([
      [0, 0, 3, 1],
      [1, 0, 1, 1],
      [0, 3, 1, 2],
      [1, 1, 2, 2],
    ])
    expect(store.reader().extents('shop.orders')).toMatchObject([
      { stream: 'shop.orders', partition: 0, first: 0, next: 4 },
      { stream: 'shop.orders', partition: 1, first: 0, next: 3 },
    ])
  })

  test('law 1: of a set that fails in its last part, no part is kept, and its neighbours are', async () => {
    const store = await openWithOrders()
    const bad = {
      streams: [orders('shop.new')],
      appends: [append([1])],
      progress: { source: 'shop', transaction: 1, state: {} },
      state: { put: [{ owner: 'totals', part: 'sum', sequence: 1, bytes: Uint8Array.of(1) }] },
      control: [{ sql: 'insert into nowhere values (1)', parameters: [] }],
    }
    const [before, failed, after] = await Promise.allSettled([
      store.commit({ appends: [append([10])] }),
      store.commit(bad),
      store.commit({ streams: [orders('shop.other')], appends: [append([11]), append([12], { stream: 'shop.other' })] }),
    ])
    expect(failed).toMatchObject({ status: 'rejected', reason: { name: 'AssertionError', message: expect.stringContaining('nowhere') } })
    expect([before.status, after.status]).toEqual(['fulfilled', 'fulfilled'])
    const reader = store.reader()
    expect(idsIn(reader)).toEqual([10, 11])
    expect(reader.cut()).toBe(2)
    expect(reader.streams().map(({ name }) => name)).toEqual(['shop.orders', 'shop.other'])
    expect(reader.progress('shop')).toBeNull()
    expect([...reader.segments('totals')]).toEqual([])
  })

  test('that was rejected may be tried again once it can succeed', async () => {
    const store = await openWithOrders()
    const set = { appends: [append([1])], control: [{ sql: 'insert into told values (1)', parameters: [] }] }
    await expect(store.commit(set)).rejects.toThrow('told')
    await store.commit({ control: [{ sql: 'create table told (n integer)', parameters: [] }] })
    expect((await store.commit(set)).cut).toBe(1)
    expect(idsIn(store.reader())).toEqual([1])
  })

  test('is applied in the order of the calls, however many wait at the bound (law 8)', async () => {
    const store = await openWithOrders({ queueBytesLimit: 4000 })
    const cuts = await Promise.all(range(1, 200).map((n) => store.commit({ appends: [append([n], { noteUnits: (n * 37) % 3000 })] })))
    expect(cuts.map(({ cut }) => cut)).toEqual(range(1, 200))
    expect(idsIn(store.reader())).toEqual(range(1, 200))
  })

  test('shares its sync with those that wait: hundreds of commits write the log far fewer times', async () => {
    const store = await openWithOrders()
    const startMs = performance.now()
    for (const n of range(1, 20)) await store.commit({ appends: [append([n])] })
    const oneMs = (performance.now() - startMs) / 20
    const manyStartMs = performance.now()
    await Promise.all(range(21, 400).map((n) => store.commit({ appends: [append([n])] })))
    expect(performance.now() - manyStartMs).toBeLessThan(oneMs * 400 * 0.9)
    expect(store.reader().cut()).toBe(420)
  })

  test('leaves the caller its batches and its bytes', async () => {
    const store = await openWithOrders()
    const pool = new Uint8Array(1000).fill(7)
    const change = append([1])
    await store.commit({
      appends: [change],
      state: { put: [{ owner: 'a', part: 'p', sequence: 0, bytes: pool.subarray(10, 12) }] },
      control: [
        { sql: 'create table kept (bytes blob)', parameters: [] },
        { sql: 'insert into kept values (?)', parameters: [pool.subarray(1, 3)] },
      ],
    })
    expect(pool.length).toBe(1000)
    expect(changeAt(change.batch, 0).after[0]).toBe(1)
    expect([...store.reader().segments('a')][0]?.bytes).toEqual(Uint8Array.of(7, 7))
    expect(store.reader().control('select bytes from kept')).toEqual([{ bytes: Uint8Array.of(7, 7) }])
  })

  test('to a stream that was never defined is refused', async () => {
    const store = await open()
    await expect(store.commit({ appends: [append([1])] })).rejects.toMatchObject({ code: 'STREAM_UNKNOWN' })
  })

  test('after the store was closed is refused', async () => {
    const store = await open()
    await store.close()
    await expect(store.commit({})).rejects.toMatchObject({ code: 'STORE_IO' })
  })
})

describe('law 4: a batch is read with the schema that it was written with', () => {
  const wider: Schema = { columns: [...ordersSchema.columns, { name: 'paid', type: { kind: 'boolean' }, nullable: true }], key: [0] }

  function paidOrder(id: number) {
    const builder = new BatchBuilder(wider)
    builder.push('insert', { transaction: id, index: 0, time: id }, [id, null, true])
    return builder.finish()
  }

  test('also after the stream has been given another, which keeps its id and its history', async () => {
    const store = await openWithOrders()
    await store.commit({ appends: [append([1])] })
    const before = store.reader().stream('shop.orders')
    await store.commit({
      streams: [{ ...orders(), schema: wider }],
      appends: [{ stream: 'shop.orders', partition: 0, batch: paidOrder(2) }],
    })
    const reader = store.reader()
    const after = reader.stream('shop.orders')
    expect(after.id).toBe(before.id)
    expect(after.schemaId).not.toBe(before.schemaId)
    expect(after.schema).toEqual(wider)
    const batches = [...reader.read('shop.orders')].map((stored) => stored.batch())
    expect(batches.map(({ schema }) => schema.columns.length)).toEqual([2, 3])
    expect(changeAt(batches[1] as never, 0).after).toEqual([2, null, true])
  })

  test('and one whose schema its stream was never given is refused', async () => {
    const store = await openWithOrders()
    await expect(store.commit({ appends: [{ stream: 'shop.orders', partition: 0, batch: paidOrder(1) }] })).rejects.toThrow('law 4')
    expect(idsIn(store.reader())).toEqual([])
  })

  test('and a definition that changes nothing makes no new version', async () => {
    const store = await openWithOrders()
    const before = store.reader().stream('shop.orders')
    await store.commit({ streams: [orders()] })
    expect(store.reader().stream('shop.orders')).toEqual(before)
  })
})

describe('state, progress and control', () => {
  test('segments come back by owner, in the order of their sequence', async () => {
    const store = await open()
    const segment = (owner: string, part: string, sequence: number, size: number) => ({
      owner,
      part,
      sequence,
      bytes: new Uint8Array(size).fill(sequence),
    })
    await store.commit({
      state: { put: [segment('a', 'left', 10, 5000), segment('a', 'left', 9, 1), segment('a', 'right', 2, 0), segment('b', 'left', 1, 1)] },
    })
    const read = (owner: string) => [...store.reader().segments(owner)].map(({ part, sequence, bytes }) => [part, sequence, bytes.length])
    expect(read('a')).toEqual([
      ['right', 2, 0],
      ['left', 9, 1],
      ['left', 10, 5000],
    ])
    await store.commit({ state: { put: [segment('a', 'left', 9, 3)], remove: [{ owner: 'a', part: 'right', sequence: 2 }] } })
    expect(read('a')).toEqual([
      ['left', 9, 3],
      ['left', 10, 5000],
    ])
    await store.commit({ state: { clear: ['a'], put: [segment('a', 'new', 1, 1)] } })
    expect(read('a')).toEqual([['new', 1, 1]])
    expect(read('b')).toEqual([['left', 1, 1]])
    expect(read('nobody')).toEqual([])
  })

  test('progress is kept per source, with what its reader wants to remember', async () => {
    const store = await open()
    await store.commit({ progress: { source: 'shop', transaction: 2 ** 52 + 1, state: { tables: ['a'], done: null } } })
    await store.commit({ progress: { source: 'crm', transaction: 3, state: {} } })
    expect(store.reader().progress('shop')).toEqual({ source: 'shop', transaction: 2 ** 52 + 1, state: { tables: ['a'], done: null } })
    expect(store.reader().progress('erp')).toBeNull()
  })

  test('control statements keep every kind of value, and whole numbers beyond a double exactly', async () => {
    const store = await open()
    const values = [null, 1.5, 9_007_199_254_740_993n, 'text', Uint8Array.of(1, 2), new Uint8Array(0)]
    await store.commit({
      control: [
        { sql: 'create table anything (a, b, c, d, e, f)', parameters: [] },
        { sql: 'insert into anything values (?, ?, ?, ?, ?, ?)', parameters: values },
        { sql: 'insert into anything (a, c) values (?, ?)', parameters: [2, 3] },
      ],
    })
    const rows = store.reader().control('select * from anything order by rowid')
    expect(Object.values(rows[0] ?? {})).toEqual(values)
    expect(rows[1]).toMatchObject({ a: 2, c: 3 })
    expect(store.reader().control('select d from anything where a = ?', [2])).toEqual([{ d: null }])
  })

  test('a control query cannot write', async () => {
    const store = await openWithOrders()
    expect(() => store.reader().control('delete from store_meta')).toThrow()
    expect(store.reader().cut()).toBe(0)
  })
})

describe('a store that is opened again', () => {
  test('has everything, in one file, under the same id', async () => {
    const path = freshPath()
    const first = await open(path)
    await first.commit({ streams: [orders()], appends: [append([1, 2])] })
    const { id } = first
    await first.close()
    expect(existsSync(`${path}-wal`)).toBe(false)
    expect(existsSync(`${path}.pid`)).toBe(false)
    const second = await open(path)
    expect(second.id).toBe(id)
    expect(idsIn(second.reader())).toEqual([1, 2])
    expect((await second.commit({ appends: [append([3])] })).cut).toBe(2)
  })

  test('has an id of its own', async () => {
    expect((await open()).id).not.toBe((await open()).id)
  })
})

describe('a store has one writer', () => {
  test('another in this process is refused', async () => {
    const store = await open()
    await expect(openStore(store.path)).rejects.toMatchObject({ code: 'STORE_IN_USE', details: { holder: `process ${process.pid}` } })
    await expect(store.commit({ streams: [orders()] })).resolves.toMatchObject({ cut: 0 })
  })

  test('another process is told who holds it, and may have it once that one is dead', async () => {
    const path = freshPath()
    const child = startChild('./holding-process.ts', { args: [path] })
    await child.line((line) => line === 'open')
    await expect(openStore(path)).rejects.toMatchObject({ code: 'STORE_IN_USE', message: expect.stringContaining(`process ${child.pid}`) })
    child.kill()
    await child.ended
    expect((await open(path)).reader().streams()).toHaveLength(1)
  })
})

describe('what cannot be opened', () => {
  test('a reader of nothing is told that there is no store', () => {
    expect(() => openReader(freshPath())).toThrow(expect.objectContaining({ code: 'STORE_NOT_FOUND' }))
    const empty = freshPath()
    writeFileSync(empty, '')
    expect(() => openReader(empty)).toThrow(expect.objectContaining({ code: 'STORE_NOT_FOUND' }))
  })

  test('a file that is not a store is named and left alone', async () => {
    const [text, database] = [freshPath(), freshPath()]
    writeFileSync(text, 'a letter, not a store '.repeat(100))
    const db = new DatabaseSync(database)
    db.exec('create table theirs (a); insert into theirs values (1)')
    db.close()
    for (const path of [text, database]) {
      const before = readFileSync(path)
      await expect(openStore(path)).rejects.toMatchObject({ code: 'STORE_FOREIGN', details: { path } })
      expect(() => openReader(path)).toThrow(expect.objectContaining({ code: 'STORE_FOREIGN' }))
      expect(readFileSync(path)).toEqual(before)
    }
  })

  test('a store of a newer form is refused with both numbers', async () => {
    const store = await open()
    await store.close()
    const db = new DatabaseSync(store.path)
    db.exec('pragma user_version = 99')
    db.close()
    const expected = { code: 'STORE_VERSION_UNKNOWN', details: { path: store.path, found: 99, known: 3 } }
    await expect(openStore(store.path)).rejects.toMatchObject(expected)
    expect(() => openReader(store.path)).toThrow(expect.objectContaining({ code: 'STORE_VERSION_UNKNOWN' }))
  })

  test('a folder that is a file, or a store that is a folder, is an error of input and output', async () => {
    const file = join(freshFolder(), 'file')
    writeFileSync(file, '')
    await expect(openStore(join(file, 'store.db'))).rejects.toMatchObject({ code: 'STORE_IO' })
    const folder = freshPath()
    mkdirSync(folder)
    await expect(openStore(folder)).rejects.toMatchObject({ code: 'STORE_IO' })
  })
})

describe('law 8: a full disk', () => {
  test('refuses the set, keeps what was acknowledged, and takes the set once there is room', async () => {
    const path = freshPath()
    const store = await open(path, { bytesLimit: 2 << 20 })
    await store.commit({ streams: [orders()], control: [{ sql: 'create table told (n integer)', parameters: [] }] })
    const acknowledged: number[] = []
    let refused = 0
    for (let n = 1; refused === 0; n += 1) {
      const set = (id: number) => ({
        appends: [append([id], { noteUnits: 40_000 })],
        control: [{ sql: 'insert into told values (?)', parameters: [id] }],
      })
      const outcomes = await Promise.allSettled([store.commit(set(n * 2)), store.commit(set(n * 2 + 1))])
      for (const [at, outcome] of outcomes.entries()) {
        if (outcome.status === 'fulfilled') acknowledged.push(n * 2 + at)
        else {
          refused += 1
          expect(outcome.reason).toMatchObject({ code: 'STORE_DISK_FULL', retry: 'backoff' })
        }
      }
    }
    expect(acknowledged.length).toBeGreaterThan(20)
    const reader = store.reader()
    expect(idsIn(reader)).toEqual(acknowledged)
    expect(reader.control('select n from told order by n').map(({ n }) => n)).toEqual(acknowledged)
    expect(statSync(path).size).toBeLessThanOrEqual(2 << 20)
    await expect(store.commit({ appends: [append([9999], { noteUnits: 100_000 })] })).rejects.toMatchObject({ code: 'STORE_DISK_FULL' })
    await store.applyRetention([{ stream: 'shop.orders', olderThanMs: -1000 }])
    await store.commit({ appends: [append([9999], { noteUnits: 100_000 })] })
    expect(idsIn(store.reader())).toEqual([9999])
  })
})

describe('the write-ahead file', () => {
  test('starts over instead of growing with the log', async () => {
    const store = await openWithOrders()
    const reader = store.reader()
    const mebibyte = append([1], { noteUnits: 1 << 20 })
    for (let n = 0; n < 60; n += 1) {
      await Promise.all(range(0, 4).map(() => store.commit({ appends: [mebibyte] })))
      reader.cut()
    }
    expect(statSync(store.path).size).toBeGreaterThan(120 << 20)
    expect(statSync(`${store.path}-wal`).size).toBeLessThan(70 << 20)
  })
})
