import type { Append, WriteSet } from '@millrace/core'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { freshPath } from './fixtures/folders.ts'
import { append, idsIn, idsOf, orders, range } from './fixtures/orders.ts'
import { openStore, type Store } from './index.ts'

let store: Store

beforeEach(async () => {
  store = await openStore(freshPath())
  await store.commit({ streams: [orders(), orders('crm.orders')] })
})

afterEach(() => store.close())

function hidden(tail: string, ...ids: number[]): WriteSet {
  return { appends: [{ ...append(ids, { stream: `${tail}.orders` }), tail }] }
}

test('law 3: a transaction larger than a batch is seen as a whole or not at all', async () => {
  const reader = store.reader()
  expect((await store.commit(hidden('shop', 1, 2))).cut).toBe(0)
  expect((await store.commit(hidden('shop', 3))).cut).toBe(0)
  expect(idsIn(reader)).toEqual([])
  expect(reader.extents('shop.orders')).toMatchObject([{ first: 0, next: 0, bytes: 0 }])
  expect((await store.commit({ show: [{ tail: 'shop' }], appends: [append([4])] })).cut).toBe(1)
  expect([...reader.read('shop.orders')].map(({ first, count, cut }) => [first, count, cut])).toEqual([
    [0, 2, 1],
    [2, 1, 1],
    [3, 1, 1],
  ])
  expect(idsIn(reader)).toEqual([1, 2, 3, 4])
})

test('an open tail becomes visible by a set without appends of its own', async () => {
  await store.commit(hidden('shop', 1))
  expect((await store.commit({ show: [{ tail: 'shop' }] })).cut).toBe(1)
  expect(idsIn(store.reader())).toEqual([1])
  expect((await store.commit({ show: [{ tail: 'shop' }] })).cut).toBe(1)
})

test('a dropped tail leaves no gap, and takes nothing that is visible with it', async () => {
  await store.commit({ appends: [append([1])] })
  await store.commit(hidden('shop', 2, 3))
  await store.commit({ appends: [append([4])] })
  await store.commit({ discard: ['shop'] })
  await store.commit({ show: [{ tail: 'shop' }], appends: [append([5])] })
  const reader = store.reader()
  expect(idsIn(reader)).toEqual([1, 4, 5])
  expect(reader.extents('shop.orders')).toMatchObject([{ next: 3 }])
  expect(reader.control('select count(*) as bodies from store_body')).toEqual([{ bodies: 3 }])
})

test('a reader that starts anew drops its tail and appends in one set', async () => {
  await store.commit(hidden('shop', 1))
  await store.commit({ discard: ['shop'], appends: [{ ...append([2]), tail: 'shop' }] })
  await store.commit({ show: [{ tail: 'shop' }], appends: [append([3])] })
  expect(idsIn(store.reader())).toEqual([2, 3])
})

test('tails of different sources do not touch each other, nor what others append meanwhile', async () => {
  await store.commit(hidden('shop', 1))
  await store.commit(hidden('crm', 10))
  await store.commit({ appends: [append([2])] })
  expect(idsIn(store.reader())).toEqual([2])
  await store.commit({ show: [{ tail: 'crm' }] })
  expect(idsIn(store.reader(), 'crm.orders')).toEqual([10])
  await store.commit({ show: [{ tail: 'shop' }] })
  expect(idsIn(store.reader())).toEqual([2, 1])
})

test('law 2: an open tail is durable: it is still there, and still invisible, when the store is opened again', async () => {
  await store.commit(hidden('shop', 1))
  await store.close()
  store = await openStore(store.path)
  expect(idsIn(store.reader())).toEqual([])
  await store.commit({ show: [{ tail: 'shop' }] })
  expect(idsIn(store.reader())).toEqual([1])
})

test('a set that fails leaves the tail as it was', async () => {
  await store.commit(hidden('shop', 1))
  const broken = [{ sql: 'insert into nowhere values (1)', parameters: [] }]
  await expect(store.commit({ show: [{ tail: 'shop' }], appends: [append([2])], control: broken })).rejects.toThrow('nowhere')
  await expect(store.commit({ discard: ['shop'], control: broken })).rejects.toThrow('nowhere')
  expect(idsIn(store.reader())).toEqual([])
  await store.commit({ show: [{ tail: 'shop' }] })
  expect(idsIn(store.reader())).toEqual([1])
})

test('opening a tail of thousands of batches rewrites none of them', async () => {
  const sets = range(0, 3000).map((id) => hidden('shop', id))
  await Promise.all(sets.map((set) => store.commit({ ...set, appends: [{ ...append([1], { noteUnits: 5000 }), tail: 'shop' }] })))
  const startMs = performance.now()
  await store.commit({ show: [{ tail: 'shop' }] })
  expect(performance.now() - startMs).toBeLessThan(2000)
  expect(idsIn(store.reader())).toHaveLength(3000)
})

test('several tails grow beside what is visible, and one set shows some of them, in the order that it tells', async () => {
  await store.commit({ appends: [{ ...append([1]), tail: 'shop/1' }, { ...append([2]), tail: 'shop/2' }, append([3])] })
  await store.commit({
    appends: [
      { ...append([4]), tail: 'shop/1' },
      { ...append([5]), tail: 'shop/3' },
    ],
  })
  expect(idsIn(store.reader())).toEqual([3])
  await store.commit({ show: [{ tail: 'shop/2' }, { tail: 'shop/1' }], appends: [append([6])] })
  expect(idsIn(store.reader())).toEqual([3, 2, 1, 4, 6])
  expect(new Set([...store.reader().read('shop.orders', { afterCut: 1 })].map(({ cut }) => cut))).toEqual(new Set([2]))
})

test('a name that ends in a slash discards all that begin so, and nothing else', async () => {
  const tails = ['shop', 'shop/1', 'shop/2/a', 'shop0', 'shop.', 'shopper/1']
  for (const [at, tail] of tails.entries()) await store.commit({ appends: [{ ...append([at]), tail }] })
  await store.commit({ discard: ['shop/'] })
  await store.commit({ show: tails.map((tail) => ({ tail })) })
  expect(idsIn(store.reader())).toEqual([0, 3, 4, 5])
})

test('law 5: what a tail is shown with is the origin of all its changes, also after a restart', async () => {
  await store.commit({ appends: [{ ...append([1, 2]), tail: 'shop/streamed/7' }] })
  await store.commit({
    show: [{ tail: 'shop/streamed/7', origin: { transaction: 4711, timeMicros: 1_700_000_000_000_000 } }],
    appends: [append([3])],
  })
  await store.close()
  store = await openStore(store.path)
  const [first, second] = [...store.reader().read('shop.orders')].map((stored) => stored.batch())
  expect([...(first?.transactions ?? [])]).toEqual([4711, 4711])
  expect([...(first?.times ?? [])]).toEqual([1_700_000_000_000_000, 1_700_000_000_000_000])
  expect(first?.indexes).toEqual(append([1, 2]).batch.indexes)
  expect(second?.transactions).toEqual(append([3]).batch.transactions)
})

test('tails of one set are read in the order in which they are shown, whichever was written first, and in all partitions', async () => {
  const stream = 'shop.lines'
  await store.commit({ streams: [orders(stream, 2)] })
  const part = (id: number, partition: number): Append => append([id], { stream, partition })
  await store.commit({ appends: [10, 11].map((id, at) => ({ ...part(id, 1 - at), tail: 'later' })) })
  await store.commit({ appends: [1, 2].map((id, at) => ({ ...part(id, at), tail: 'sooner' })) })
  await store.commit({ show: [{ tail: 'sooner' }, { tail: 'later' }], appends: [part(20, 1), part(21, 0)] })
  const reader = store.reader()
  const read = [...reader.read(stream)].flatMap((stored) => idsOf([stored]))
  expect(read).toEqual([1, 2, 10, 11, 20, 21])
  expect(idsOf(reader.readCuts([stream], { afterCut: 0, bytesLimit: 1 }).batches)).toEqual(read)
})
