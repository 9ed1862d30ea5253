import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@millrace/base'
import { type Change, changeAt, type LogReader, type Schema, type WriteSet } from '@millrace/core'
import { openStore, type Store } from '@millrace/store'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { countParked, listParked } from './list-parked.ts'
import type { ParkedRecord } from './parked-record.ts'
import { openParking, type ParkingLot } from './parking-lot.ts'

const SCHEMA: Schema = {
  columns: [
    { name: 'id', type: { kind: 'int64' }, nullable: false },
    { name: 'amount', type: { kind: 'decimal', width: 10, scale: 2 }, nullable: true },
    { name: 'note', type: { kind: 'text' }, nullable: true },
  ],
  key: [0],
}

let folder: string
let store: Store
let reader: LogReader
let lot: ParkingLot

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-parking-'))
  store = await openStore(join(folder, 'store.db'))
  await store.commit({ streams: [{ name: 'shop.orders', kind: 'table', schema: SCHEMA, partitions: 1 }] })
  reader = store.reader()
  lot = openParking({ source: 'shop', reader, clock: systemClock })
})

afterEach(async () => {
  reader.close()
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

function record(transaction: number, partial: Partial<ParkedRecord> = {}): ParkedRecord {
  return {
    source: 'shop',
    stream: 'shop.orders',
    partition: 0,
    transaction,
    index: 0,
    time: transaction * 1000,
    operation: 'update',
    key: '7',
    place: `position ${transaction}`,
    code: 'VALUE_UNREADABLE',
    reason: 'amount is NaN',
    raw: new Uint8Array([1, 2, 3]),
    row: { id: 7, amount: 'NaN' },
    before: null,
    ...partial,
  }
}

async function park(...records: ParkedRecord[]): Promise<string[]> {
  await store.commit({ control: records.flatMap((each) => lot.park(each)) })
  return records.map(({ transaction, index }) => `shop.orders/0/${transaction}.${index}`)
}

function changes(): Change[] {
  return [...reader.read('shop.orders')].flatMap((stored) => {
    const batch = stored.batch()
    return Array.from({ length: batch.count }, (_, row) => changeAt(batch, row))
  })
}

const behind = (transaction: number, amount = '2.50'): ParkedRecord =>
  record(transaction, { code: 'PARKED_BEHIND', row: { id: 7, amount, note: null } })

test('law 9: a parked change holds back its key and nothing else, also after a restart', async () => {
  expect(lot.isClear('shop.orders')).toBe(true)
  await park(record(100))
  for (const each of [lot, openParking({ source: 'shop', reader, clock: systemClock })]) {
    expect(each.isClear('shop.orders')).toBe(false)
    expect(each.isClear('shop.items')).toBe(true)
    expect([each.holds('shop.orders', '7'), each.holds('shop.orders', '8'), each.holds('shop.items', '7')]).toEqual([true, false, false])
  }
  expect(openParking({ source: 'crm', reader, clock: systemClock }).isClear('shop.orders')).toBe(true)
})

test('what was never committed is forgotten when the source starts anew', () => {
  lot.park(record(100))
  lot.load()
  expect(lot.holds('shop.orders', '7')).toBe(false)
})

test('law 5: a mended change is replayed under its old identity, and those behind it follow in order', async () => {
  const [id = ''] = await park(record(100), behind(101), behind(102, '3.00'))
  await expect(lot.replay(store, id)).rejects.toMatchObject({ code: 'PARKED_NOT_READABLE', details: { id } })
  await lot.fix(store, id, { id: 7, amount: '1.00' })
  expect(await lot.replay(store, id)).toEqual({ replayed: [id, 'shop.orders/0/101.0', 'shop.orders/0/102.0'], waiting: 0 })
  expect(changes().map(({ transaction, index, time, operation, after }) => [transaction, index, time, operation, after])).toEqual([
    [100, 0, 100_000, 'update', [7, 100, undefined]],
    [101, 0, 101_000, 'update', [7, 250, null]],
    [102, 0, 102_000, 'update', [7, 300, null]],
  ])
  expect(lot.isClear('shop.orders')).toBe(true)
  expect(countParked(reader)).toEqual([])
  await expect(lot.replay(store, id)).rejects.toMatchObject({ code: 'PARKED_SETTLED', details: { id, status: 'replayed' } })
})

test('one that waits behind another is not let past it', async () => {
  const [first = '', second = ''] = await park(record(100), behind(101))
  await expect(lot.replay(store, second)).rejects.toMatchObject({ code: 'PARKED_NOT_FIRST', details: { id: second, first } })
  await expect(lot.drop(store, second)).rejects.toMatchObject({ code: 'PARKED_NOT_FIRST' })
  await lot.drop(store, first)
  expect(lot.holds('shop.orders', '7')).toBe(true)
  expect(await lot.replay(store, second)).toEqual({ replayed: [second], waiting: 0 })
})

test('a follower with a fault of its own stops the replay there', async () => {
  const [first = ''] = await park(record(100, { row: { id: 7 } }), behind(101), record(102), behind(103))
  expect(await lot.replay(store, first)).toEqual({ replayed: [first, 'shop.orders/0/101.0'], waiting: 2 })
  expect(lot.holds('shop.orders', '7')).toBe(true)
})

test('changes of the key that are parked while the replay runs, and become durable only then, follow too', async () => {
  const [first = ''] = await park(record(100, { row: { id: 7 } }))
  const late = lot.park(behind(101))
  const replay = lot.replay(store, first)
  setTimeout(() => void store.commit({ control: late }), 100)
  expect((await replay).replayed).toEqual([first, 'shop.orders/0/101.0'])
  expect(changes().map(({ transaction }) => transaction)).toEqual([100, 101])
})

test('a commit that fails replays nothing and lets nothing past', async () => {
  const [id = ''] = await park(record(100, { row: { id: 7 } }))
  const broken = { commit: (_set: WriteSet) => Promise.reject(new Error('the disk is full')) }
  await expect(lot.replay(broken, id)).rejects.toThrow('disk')
  expect(lot.holds('shop.orders', '7')).toBe(true)
  expect(changes()).toEqual([])
})

test('a truncate or a new filling makes what is parked past', async () => {
  const [id = ''] = await park(record(100))
  await store.commit({ control: lot.supersede('shop.orders') })
  expect(lot.isClear('shop.orders')).toBe(true)
  await expect(lot.replay(store, id)).rejects.toMatchObject({ code: 'PARKED_SETTLED', details: { status: 'dropped' } })
  expect(lot.supersede('shop.items')).toHaveLength(1)
})

test('law 8: at its limit the source stops rather than go on parking, and a repeat does not count twice', async () => {
  const small = openParking({ source: 'shop', reader, clock: systemClock, recordsLimit: 2 })
  await store.commit({ control: [small.park(record(1)), small.park(record(2)), small.park(record(2))].flat() })
  expect(() => small.park(record(3))).toThrow(expect.objectContaining({ code: 'PARKING_FULL', details: { source: 'shop', count: 2 } }))
  await small.drop(store, 'shop.orders/0/1.0')
  expect(small.park(record(3))).toHaveLength(1)
})

test('a replayed row fits its stream or says what does not', async () => {
  const cases: (readonly [number, Partial<ParkedRecord>, RegExp])[] = [
    [1, { row: null }, /could not be told apart/],
    [2, { row: { id: 7, colour: 'red' } }, /colour/],
    [3, { operation: 'insert', row: { amount: '1.00' } }, /id has no value/],
    [4, { row: { id: null } }, /id has no value|NULL/],
    [5, { row: { id: 'seven' } }, /column id/],
  ]
  for (const [transaction, partial, what] of cases) {
    const [id = ''] = await park(record(transaction, { key: null, ...partial }))
    await expect(lot.replay(store, id)).rejects.toMatchObject({ code: 'PARKED_NOT_READABLE', message: expect.stringMatching(what) })
  }
  expect(changes()).toEqual([])
})

test('inserts, deletes and rows before are replayed as they were', async () => {
  const [insert = '', remove = '', update = ''] = await park(
    record(1, { key: null, operation: 'insert', row: { id: 1, note: 'a' } }),
    record(2, { key: null, operation: 'delete', row: { id: 2 } }),
    record(3, { key: null, row: { id: 4, note: null }, before: { id: 3 } }),
  )
  for (const id of [insert, remove, update]) await lot.replay(store, id)
  expect(changes().map(({ operation, after, before }) => [operation, after, before])).toEqual([
    ['insert', [1, null, 'a'], null],
    ['delete', [2, undefined, undefined], null],
    ['update', [4, undefined, null], [3, undefined, undefined]],
  ])
})

test('what is parked is listed by stream in the order of its source, page by page, and counted by reason', async () => {
  await park(record(3, { index: 2 }), record(3, { index: 1 }), behind(5), record(1, { stream: 'shop.items' }))
  const first = listParked(reader, { limit: 2 })
  const rest = listParked(reader, { limit: 10, ...(first[1] === undefined ? {} : { after: first[1] }) })
  expect([...first, ...rest].map(({ id }) => id)).toEqual([
    'shop.items/0/1.0',
    'shop.orders/0/3.1',
    'shop.orders/0/3.2',
    'shop.orders/0/5.0',
  ])
  expect(first[0]).toMatchObject({
    reason: 'amount is NaN',
    raw: new Uint8Array([1, 2, 3]),
    row: { id: 7, amount: 'NaN' },
    status: 'parked',
  })
  expect(listParked(reader, { limit: 10, stream: 'shop.orders', source: 'shop' })).toHaveLength(3)
  expect(listParked(reader, { limit: 10, status: 'dropped' })).toEqual([])
  expect(countParked(reader).map(({ stream, code, count }) => [stream, code, count])).toEqual([
    ['shop.items', 'VALUE_UNREADABLE', 1],
    ['shop.orders', 'PARKED_BEHIND', 1],
    ['shop.orders', 'VALUE_UNREADABLE', 2],
  ])
})

test('an id that is not parked is told as such', () => {
  expect(() => lot.find('shop.orders/0/9.9')).toThrow(expect.objectContaining({ code: 'PARKED_UNKNOWN' }))
})
