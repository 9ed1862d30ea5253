import { BatchBuilder, type LogReader, type Schema, type WriteSet } from '@millrace/core'
import { expect, test } from 'vitest'
import type { ActiveFill } from './active-fill.ts'
import { Fills } from './fills.ts'

const SCHEMA: Schema = { columns: [{ name: 'id', type: { kind: 'int32' }, nullable: false }], key: [0] }
const READER = { segments: () => [][Symbol.iterator]() } as unknown as LogReader
const STREAM = 'shop.a'

function fillsAt(position: number, offset = 0): { fills: Fills; begin: (mode?: 'load' | 'backfill') => ActiveFill } {
  const fills = new Fills({
    source: 'shop',
    reader: READER,
    parking: null,
    filled: [],
    position,
    offset,
    isKeyed: () => true,
    onShown: () => undefined,
    onVisible: () => undefined,
  })
  const definition = { name: STREAM, kind: 'table' as const, schema: SCHEMA, partitions: 1 }
  return { fills, begin: (mode = 'load') => fills.begin({ stream: STREAM, mode, group: 'g', where: null, why: 'test' }, definition) }
}

/** A change for each transaction, of a table that is filled and of one that is not. */
function setOf(transactions: readonly number[], tail?: string): WriteSet {
  const batchOf = (): ReturnType<BatchBuilder['finish']> => {
    const builder = new BatchBuilder(SCHEMA)
    for (const transaction of transactions) builder.push('insert', { transaction, index: 0, time: 0 }, [transaction])
    return builder.finish()
  }
  const last = transactions.at(-1) ?? 0
  return {
    appends: [{ stream: STREAM, partition: 0, batch: batchOf(), ...(tail === undefined ? {} : { tail }) }],
    progress: { source: 'shop', transaction: last, state: { position: last + 1 } },
  }
}

/** Each append as `tail: transactions`. */
function placed({ appends = [] }: WriteSet): string[] {
  return appends.map(({ tail, batch }) => `${tail?.replace('shop/fill/shop.a/', '') ?? 'in view'}: ${[...batch.transactions].join(' ')}`)
}

const at = (position: number): { position: number; transaction: number; timeMicros: number } => ({
  position,
  transaction: position - 1,
  timeMicros: 1,
})

test('changes that the snapshot holds are dropped, also where a set has no others; later ones follow its rows', () => {
  const { fills, begin } = fillsAt(10)
  fills.beginEra(begin(), 100)
  expect(fills.route(setOf([20, 30]), at(31)).appends).toBeUndefined()
  expect(placed(fills.route(setOf([40, 100, 110]), at(111)))).toEqual(['changes-3: 100 110'])
  expect(fills.of(STREAM)?.header.tails.map(({ kind }) => kind)).toEqual(['rows', 'changes'])
})

test('while a snapshot is being made each transaction waits by itself, and takes its side once the place is known', () => {
  const { fills, begin } = fillsAt(10)
  const fill = begin()
  expect(placed(fills.route(setOf([20, 30, 40]), at(41)))).toEqual(['changes-2: 20', 'changes-3: 30', 'changes-4: 40'])
  fills.beginEra(fill, 30)
  expect(fill.header.tails.map(({ tail }) => tail.split('/').at(-1))).toEqual(['rows-5', 'changes-3', 'changes-4'])
  expect(fills.takeChanges().discard).toEqual(['shop/fill/shop.a/changes-2'])
})

test('while a snapshot is being made each transaction takes its side with what it did in every partition', () => {
  const { fills, begin } = fillsAt(10)
  const fill = begin()
  const two = { appends: [...(setOf([20, 30]).appends ?? []), ...(setOf([20, 25, 30]).appends ?? [])] }
  expect(placed(fills.route(two, at(31)))).toEqual(['changes-2: 20', 'changes-3: 30', 'changes-2: 20', 'changes-4: 25', 'changes-3: 30'])
  fills.beginEra(fill, 30)
  expect(fill.header.tails.map(({ tail }) => tail.split('/').at(-1))).toEqual(['rows-5', 'changes-3'])
})

test('rows of a later snapshot come after the changes before it, and before those after it', () => {
  const { fills, begin } = fillsAt(10)
  const fill = begin()
  fills.beginEra(fill, 30)
  fills.route(setOf([40]), at(41))
  fills.beginEra(fill, 60)
  fills.route(setOf([50, 70]), at(71))
  expect(fill.header.tails.map(({ tail }) => tail.split('/').at(-1))).toEqual(['rows-2', 'changes-3', 'rows-4', 'changes-5'])
  expect(placed(fills.route(setOf([80]), at(81)))).toEqual(['changes-5: 80'])
})

test('a fill shows at a boundary, in the order of its tails, once all before its snapshot was routed and not sooner', () => {
  const { fills, begin } = fillsAt(10)
  const fill = begin()
  fills.beginEra(fill, 30)
  fill.isReady = true
  expect(fills.route(setOf([20]), at(21)).show).toBeUndefined()
  expect(fills.route(setOf([40], 'shop/transaction/shop.a'), null).show).toBeUndefined()
  expect(fills.route({ progress: { source: 'shop', transaction: 20, state: {} } }, at(35)).show).toBeUndefined()
  const shown = fills.route(setOf([50]), at(51))
  expect(shown.show?.map(({ tail }) => tail)).toEqual(['shop/fill/shop.a/rows-2'])
  expect(placed(shown)).toEqual(['in view: 50'])
  expect(shown.progress?.state['streams']).toEqual([STREAM])
})

test('parts of a large transaction take their place when it ends, and show with it where the fill has ended before', () => {
  const { fills, begin } = fillsAt(10)
  const fill = begin()
  fills.beginEra(fill, 30)
  const tail = 'shop/streamed/7/shop.a'
  expect(placed(fills.route(setOf([0], tail), null))).toEqual(['part-3: 0'])
  fills.route({ show: [{ tail, origin: { transaction: 40, timeMicros: 5 } }] }, at(41))
  expect(fill.header.tails.at(-1)).toMatchObject({ tail: 'shop/fill/shop.a/part-3', origin: { transaction: 40, timeMicros: 5 } })
  fills.route(setOf([0], 'shop/streamed/8/shop.a'), null)
  fill.isReady = true
  fills.route(setOf([60]), at(61))
  const show = fills.route({ show: [{ tail: 'shop/streamed/8/shop.a', origin: { transaction: 70, timeMicros: 6 } }] }, at(71)).show
  expect(show?.map((each) => each.tail)).toEqual(['shop/streamed/8/shop.a', 'shop/fill/shop.a/part-4'])
})

test('changes of a table that is read anew go on showing, and are told again after its rows under a new place', () => {
  const { fills, begin } = fillsAt(10)
  const fill = begin('backfill')
  fills.beginEra(fill, 30)
  expect(placed(fills.route(setOf([20, 40]), at(41)))).toEqual(['in view: 20 40', 'changes-3: 40'])
  fill.isReady = true
  expect(fills.route({}, at(50)).discard).toEqual(['shop/fill/shop.a/rows-2', 'shop/fill/shop.a/changes-3'])
})

test('positions of a server that begins lower are shifted, so that transactions never decrease', () => {
  const { fills, begin } = fillsAt(10, 1000)
  fills.beginEra(begin(), 15)
  expect(placed(fills.route(setOf([20]), at(21)))).toEqual(['changes-3: 1020'])
})

test('what is still on its way of a stream whose fill was dropped is not shown', () => {
  const { fills, begin } = fillsAt(10)
  fills.forget(begin())
  expect(fills.route(setOf([20]), at(21)).appends).toBeUndefined()
})
