import type { WriteSet } from '@millrace/core'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { freshPath } from './fixtures/folders.ts'
import { append, idsIn, orders, range } from './fixtures/orders.ts'
import { openStore, type Store } from './index.ts'

let store: Store

beforeEach(async () => {
  store = await openStore(freshPath())
  await store.commit({ streams: [orders(), orders('crm.orders')] })
})

afterEach(() => store.close())

function hidden(tail: string, ...ids: number[]): WriteSet {
  return { tail, visible: false, appends: [append(ids, { stream: `${tail}.orders` })] }
}

test('law 3: a transaction larger than a batch is seen as a whole or not at all', async () => {
  const reader = store.reader()
  expect((await store.commit(hidden('shop', 1, 2))).cut).toBe(0)
  expect((await store.commit(hidden('shop', 3))).cut).toBe(0)
  expect(idsIn(reader)).toEqual([])
  expect(reader.extents('shop.orders')).toMatchObject([{ first: 0, next: 0, bytes: 0 }])
  expect((await store.commit({ tail: 'shop', appends: [append([4])] })).cut).toBe(1)
  expect([...reader.read('shop.orders')].map(({ first, count, cut }) => [first, count, cut])).toEqual([
    [0, 2, 1],
    [2, 1, 1],
    [3, 1, 1],
  ])
  expect(idsIn(reader)).toEqual([1, 2, 3, 4])
})

test('an open tail becomes visible by a set without appends of its own', async () => {
  await store.commit(hidden('shop', 1))
  expect((await store.commit({ tail: 'shop' })).cut).toBe(1)
  expect(idsIn(store.reader())).toEqual([1])
  expect((await store.commit({ tail: 'shop' })).cut).toBe(1)
})

test('a dropped tail leaves no gap, and takes nothing that is visible with it', async () => {
  await store.commit({ appends: [append([1])] })
  await store.commit(hidden('shop', 2, 3))
  await store.commit({ appends: [append([4])] })
  await store.commit({ discardTail: 'shop' })
  await store.commit({ tail: 'shop', appends: [append([5])] })
  const reader = store.reader()
  expect(idsIn(reader)).toEqual([1, 4, 5])
  expect(reader.extents('shop.orders')).toMatchObject([{ next: 3 }])
  expect(reader.control('select count(*) as bodies from store_body')).toEqual([{ bodies: 3 }])
})

test('a reader that starts anew drops its tail and appends in one set', async () => {
  await store.commit(hidden('shop', 1))
  await store.commit({ discardTail: 'shop', tail: 'shop', visible: false, appends: [append([2])] })
  await store.commit({ tail: 'shop', appends: [append([3])] })
  expect(idsIn(store.reader())).toEqual([2, 3])
})

test('tails of different sources do not touch each other, nor what others append meanwhile', async () => {
  await store.commit(hidden('shop', 1))
  await store.commit(hidden('crm', 10))
  await store.commit({ appends: [append([2])] })
  expect(idsIn(store.reader())).toEqual([2])
  await store.commit({ tail: 'crm' })
  expect(idsIn(store.reader(), 'crm.orders')).toEqual([10])
  await store.commit({ tail: 'shop' })
  expect(idsIn(store.reader())).toEqual([2, 1])
})

test('law 2: an open tail is durable: it is still there, and still invisible, when the store is opened again', async () => {
  await store.commit(hidden('shop', 1))
  await store.close()
  store = await openStore(store.path)
  expect(idsIn(store.reader())).toEqual([])
  await store.commit({ tail: 'shop' })
  expect(idsIn(store.reader())).toEqual([1])
})

test('a set that fails leaves the tail as it was', async () => {
  await store.commit(hidden('shop', 1))
  const broken = [{ sql: 'insert into nowhere values (1)', parameters: [] }]
  await expect(store.commit({ tail: 'shop', appends: [append([2])], control: broken })).rejects.toThrow('nowhere')
  await expect(store.commit({ discardTail: 'shop', control: broken })).rejects.toThrow('nowhere')
  expect(idsIn(store.reader())).toEqual([])
  await store.commit({ tail: 'shop' })
  expect(idsIn(store.reader())).toEqual([1])
})

test('opening a tail of thousands of batches rewrites none of them', async () => {
  const sets = range(0, 3000).map((id) => hidden('shop', id))
  await Promise.all(sets.map((set) => store.commit({ ...set, appends: [append([1], { noteUnits: 5000 })] })))
  const startMs = performance.now()
  await store.commit({ tail: 'shop' })
  expect(performance.now() - startMs).toBeLessThan(2000)
  expect(idsIn(store.reader())).toHaveLength(3000)
})

test('appends that stay invisible without a tail are refused', async () => {
  await expect(store.commit({ visible: false, appends: [append([1])] })).rejects.toThrow('tail')
})
