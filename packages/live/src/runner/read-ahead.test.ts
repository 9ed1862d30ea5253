import { afterEach, beforeEach, expect, it } from 'vitest'
import { ORDERS, TABLES } from '../testing/shop.ts'
import { ShopLog } from '../testing/shop-log.ts'
import { ReadAhead } from './read-ahead.ts'

let log: ShopLog
beforeEach(async () => {
  log = await ShopLog.open(TABLES)
})
afterEach(async () => {
  await log.close()
})

it('what was read ahead serves the step that wants exactly that, once', async () => {
  const streams = [ORDERS.name]
  const push = (id: number): Promise<number> => log.push([{ stream: ORDERS.name, operation: 'insert', row: [id, 1, null] }])
  const [first, second] = [await push(1), await push(2)]
  const ahead = new ReadAhead(log.reader)
  const wanted = { afterCut: first, bytesLimit: 1 << 20 }
  await ahead.read(streams, wanted)
  expect(ahead.take(streams, second)).toBeNull()
  await ahead.read(streams, wanted)
  expect(ahead.take(['shop.customers'], first)).toBeNull()
  await ahead.read(streams, wanted)
  const range = ahead.take(streams, first)
  expect(range?.untilCut).toBe(second)
  expect(range?.batches.map((stored) => [stored.cut, stored.batch().count])).toEqual([[second, 1]])
  expect(ahead.take(streams, first)).toBeNull()
})
