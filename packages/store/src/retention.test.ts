import { afterEach, beforeEach, expect, test } from 'vitest'
import { freshPath } from './fixtures/folders.ts'
import { append, idsIn, orders, range } from './fixtures/orders.ts'
import { openStore, type Store, verifyStore } from './index.ts'

let store: Store
let nowMs = 0

beforeEach(async () => {
  nowMs = 1_000_000
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs, sleep: () => Promise.resolve() }
  store = await openStore(freshPath(), { clock })
  await store.commit({ streams: [orders('shop.orders', 2), orders('shop.items')] })
})

afterEach(() => store.close())

async function commitAt(ms: number, ids: readonly number[], partition = 0): Promise<void> {
  nowMs = ms
  await store.commit({ appends: [append(ids, { partition })] })
}

test('drops whole batches that are older, and the positions of the others stay', async () => {
  await commitAt(1000, [1, 2])
  await commitAt(2000, [3], 1)
  await commitAt(3000, [4, 5, 6])
  await commitAt(4000, [7])
  nowMs = 5000
  const reader = store.reader()
  expect(await store.applyRetention([{ stream: 'shop.orders', olderThanMs: 2000 }])).toMatchObject({ batches: 2 })
  expect([...reader.read('shop.orders')].map(({ partition, first }) => [partition, first])).toEqual([
    [0, 2],
    [0, 5],
  ])
  expect(reader.extents('shop.orders')).toMatchObject([
    { first: 2, next: 6 },
    { first: 1, next: 1, bytes: 0 },
  ])
  await commitAt(6000, [8], 1)
  expect(idsIn(reader)).toEqual([4, 5, 6, 7, 8])
  expect(await verifyStore(store.path)).toMatchObject({ changes: 5 })
})

test('drops a long log in bounded steps between which commits go on, and gives its pages back to use', async () => {
  await Promise.all(range(0, 1000).map((id) => store.commit({ appends: [append([id], { noteUnits: 3000 })] })))
  nowMs += 10
  const [summary] = await Promise.all([
    store.applyRetention([{ stream: 'shop.orders', olderThanMs: 5 }]),
    store.commit({ appends: [append([5000])] }),
  ])
  expect(summary.batches).toBe(1000)
  expect(idsIn(store.reader())).toEqual([5000])
  expect(store.reader().control('select count(*) as bodies from store_body')).toEqual([{ bodies: 1 }])
})

test('leaves other streams and open tails alone', async () => {
  await commitAt(1000, [1])
  await store.commit({ appends: [append([2], { stream: 'shop.items' })] })
  await store.commit({ appends: [{ ...append([3]), tail: 'shop' }] })
  nowMs = 9000
  await store.applyRetention([{ stream: 'shop.orders', olderThanMs: 0 }])
  expect(idsIn(store.reader(), 'shop.items')).toEqual([2])
  await store.commit({ show: [{ tail: 'shop' }] })
  expect(idsIn(store.reader())).toEqual([3])
})

test('a reader that retention has passed is told so, and never reads on over the gap', async () => {
  for (const n of range(1, 40)) await commitAt(n * 1000, [n])
  const [slow, other] = [store.reader(), store.reader()]
  expect(slow.readCuts(['shop.orders'], { afterCut: 0, bytesLimit: 1 }).untilCut).toBe(1)
  const [held] = [...slow.readCuts(['shop.orders'], { afterCut: 1, bytesLimit: 1 }).batches]
  const pages = slow.read('shop.orders', { afterCut: 1 })
  expect(pages.next().value?.cut).toBe(2)
  await store.applyRetention([{ stream: 'shop.orders', olderThanMs: 10_000 }])
  const passed = expect.objectContaining({ code: 'STORE_RETENTION_PASSED', details: { stream: 'shop.orders', cut: 1 } })
  expect(() => held?.batch()).toThrow(passed)
  expect(() => [...pages]).toThrow(expect.objectContaining({ code: 'STORE_RETENTION_PASSED' }))
  expect(() => other.readCuts(['shop.orders'], { afterCut: 1, bytesLimit: 1e9 })).toThrow(passed)
  expect(() => [...other.read('shop.orders', { afterCut: 1 })]).toThrow(passed)
  expect(other.readCuts(['shop.orders'], { afterCut: 29, bytesLimit: 1e9 }).batches).toHaveLength(11)
  expect(idsIn(other)).toEqual(range(30, 11))
})

test('of an unknown stream is refused', async () => {
  await expect(store.applyRetention([{ stream: 'nothing', olderThanMs: 0 }])).rejects.toMatchObject({ code: 'STREAM_UNKNOWN' })
})
