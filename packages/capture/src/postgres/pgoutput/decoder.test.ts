import { changeAt, type Schema } from '@millrace/core'
import { expect, test } from 'vitest'
import { message, streamed } from '../fixtures/pgoutput-messages.ts'
import { PendingChanges } from '../pending-changes.ts'
import { TableFeed } from '../table-feed.ts'
import { tableOf } from '../fixtures/table-of.ts'
import { ChangeDecoder, OUTCOME } from './decoder.ts'
import type { Relation } from './relation.ts'

const schema: Schema = {
  columns: [
    { name: 'id', type: { kind: 'int32' }, nullable: false },
    { name: 'note', type: { kind: 'text' }, nullable: true },
  ],
  key: [0],
}
const ORDERS = 16_400

function decoderAfter(
  afterTransaction: number,
  partitions = 1,
): { decode: (...messages: Buffer[]) => number[]; taken: () => unknown[]; decoder: ChangeDecoder; feed: TableFeed } {
  const pending = new PendingChanges()
  const decoder = new ChangeDecoder({ source: 'shop', messagePrefix: 'millrace', pending, afterTransaction })
  const table = tableOf('orders', schema)
  const feed = new TableFeed({ source: 'shop', slot: 'slot', table, partitions, pending })
  feed.tell([true, false])
  decoder.bind(decoder.whole, relationOf(ORDERS), feed)
  decoder.bind(decoder.whole, relationOf(ORDERS + 1), null)
  return {
    feed,
    decoder,
    decode: (...messages) => messages.map((bytes) => decoder.decode(Buffer.concat([Buffer.from('##'), bytes]), 2, bytes.length + 2)),
    taken: () => pending.take().appends.flatMap(({ batch }) => Array.from({ length: batch.count }, (_, row) => changeAt(batch, row))),
  }
}

function relationOf(oid: number): Relation {
  return { oid, schemaName: 'public', tableName: 'orders', identity: 'd', columns: [] }
}

const origin = (index: number): object => ({ transaction: 1000, index, time: 946_684_800_000_007 })

test('each kind of change becomes one, with what the source told and no more', () => {
  const { decode, taken, decoder } = decoderAfter(0)
  const outcomes = decode(
    message.begin(1000, 7n),
    message.insert(ORDERS, ['1', 'first']),
    message.update(ORDERS, ['1', undefined]),
    message.update(ORDERS, ['2', null], { kind: 'K', row: ['1', null] }),
    message.update(ORDERS, ['2', undefined], { kind: 'O', row: ['2', 'whole'] }),
    message.insert(ORDERS + 1, ['not wanted']),
    message.delete(ORDERS, 'K', ['2', null]),
    message.delete(ORDERS, 'O', ['3', null]),
    message.truncate(ORDERS, ORDERS + 1),
  )
  expect(outcomes.every((outcome) => outcome === OUTCOME.NONE)).toBe(true)
  expect(decoder.inTransaction).toBe(true)
  expect(decode(message.commit(1000, 1050))).toEqual([OUTCOME.COMMITTED])
  expect(decoder).toMatchObject({ inTransaction: false, transaction: 1000, endPosition: 1050 })
  const nothing = [undefined, undefined]
  expect(taken()).toEqual([
    { ...origin(0), operation: 'insert', after: [1, 'first'], before: nothing },
    { ...origin(1), operation: 'update', after: [1, undefined], before: nothing },
    { ...origin(2), operation: 'update', after: [2, null], before: [1, undefined] },
    { ...origin(3), operation: 'update', after: [2, 'whole'], before: [2, 'whole'] },
    { ...origin(4), operation: 'delete', after: [2, undefined], before: nothing },
    { ...origin(5), operation: 'delete', after: [3, null], before: nothing },
    { ...origin(6), operation: 'truncate', after: nothing, before: nothing },
  ])
})

test('law 5: a transaction that is in the log already is passed over, and the next one is not', () => {
  const { decode, taken, decoder } = decoderAfter(1000)
  decode(message.begin(1000, 0n), message.insert(ORDERS, ['1', 'again']), message.truncate(ORDERS), message.commit(1000, 1050))
  expect(taken()).toEqual([])
  decode(message.begin(1050, 0n), message.insert(ORDERS, ['2', 'new']), message.commit(1050, 1100))
  expect(taken()).toMatchObject([{ transaction: 1050, index: 0, after: [2, 'new'] }])
  expect(decoder).toMatchObject({ transaction: 1050, endPosition: 1100 })
})

test('a relation is handed on with the columns that tell rows apart', () => {
  const { decode, decoder } = decoderAfter(0)
  const columns = [
    { name: 'id', type: 23, key: true },
    { name: 'näme', type: 1043, key: false },
  ]
  expect(decode(message.relation(7, 'people', columns))).toEqual([OUTCOME.RELATION])
  expect(decoder.relation).toEqual({
    oid: 7,
    schemaName: 'public',
    tableName: 'people',
    identity: 'd',
    columns: columns.map(({ name, type, key }) => ({ name, typeOid: type, typeModifier: -1, key })),
  })
})

test("only Millrace's own messages are read", () => {
  const { decode, decoder } = decoderAfter(0)
  expect(decode(message.logical('millrace', 'slot 12'))).toEqual([OUTCOME.MESSAGE])
  expect(decoder.message).toEqual({ content: 'slot 12' })
  decode(message.logical('outbox', 'of somebody else'))
  expect(decoder.message).toBeNull()
})

test('what the protocol does not know is refused, never guessed', () => {
  const { decode } = decoderAfter(0)
  expect(() => decode(Buffer.from('?'))).toThrow(
    expect.objectContaining({ code: 'CAPTURE_PROTOCOL', hint: expect.stringContaining('pooler') }),
  )
  expect(() => decode(message.begin(1, 0n), message.insert(99, ['1', 'x']))).toThrow(expect.objectContaining({ code: 'CAPTURE_PROTOCOL' }))
  expect(() => decode(message.begin(1, 0n), message.insert(ORDERS, ['1', 'x', 'more']))).toThrow('columns that its relation told')
})

test('a truncate reaches every partition, each with an identity of its own', () => {
  const { decode, taken } = decoderAfter(0, 3)
  decode(message.begin(1000, 7n), message.truncate(ORDERS), message.commit(1000, 1050))
  expect(taken()).toMatchObject([origin(0), origin(1), origin(2)])
})

test('a transaction in progress is decoded as it comes, others pass it by, and its end tells its place', () => {
  const { decode, taken, decoder, feed } = decoderAfter(0)
  decode(streamed.start(800, true))
  const { lane } = decoder
  expect(lane.xid).toBe(800)
  decoder.bind(lane, relationOf(ORDERS), feed.twin(lane.pending))
  expect(decode(streamed.within(800, message.insert(ORDERS, ['1', 'early'])), streamed.stop())).toEqual([OUTCOME.NONE, OUTCOME.PAUSED])
  decode(message.begin(1000, 7n), message.insert(ORDERS, ['2', 'whole']), message.commit(1000, 1050))
  expect(taken()).toMatchObject([{ ...origin(0), after: [2, 'whole'] }])
  decode(streamed.start(800, false), streamed.within(801, message.update(ORDERS, ['1', undefined])), streamed.stop())
  expect(decoder).toMatchObject({ transaction: 1000, endPosition: 1050 })
  expect(decode(streamed.commit(800, 1100, 1150, 9n))).toEqual([OUTCOME.STREAMED])
  expect(decoder.ended).toBe(lane)
  decoder.pass()
  expect(decoder).toMatchObject({ transaction: 1100, endPosition: 1150, lanes: new Map() })
  const changes = lane.pending
    .takeAt(decoder.origin)
    .appends.flatMap(({ batch }) => Array.from({ length: batch.count }, (_, row) => changeAt(batch, row)))
  const at = { transaction: 1100, time: 946_684_800_000_009 }
  expect(changes).toMatchObject([
    { ...at, index: 0, operation: 'insert', after: [1, 'early'] },
    { ...at, index: 1, operation: 'update', after: [1, undefined] },
  ])
})

test('what a part of a transaction left behind when it was undone cannot be told from the rest; one without rows can', () => {
  const { decode, decoder, feed } = decoderAfter(0)
  decode(streamed.start(800, true))
  decoder.bind(decoder.lane, relationOf(ORDERS), feed.twin(decoder.lane.pending))
  decoder.bind(decoder.lane, relationOf(ORDERS + 1), null)
  decode(
    streamed.within(801, message.insert(ORDERS + 1, ['not wanted'])),
    streamed.within(802, message.insert(ORDERS, ['1', 'x'])),
    streamed.stop(),
  )
  expect(decode(streamed.abort(800, 801))).toEqual([OUTCOME.NONE])
  expect(decode(streamed.abort(800, 802))).toEqual([OUTCOME.INDIVISIBLE])
  expect(decode(streamed.abort(800, 800))).toEqual([OUTCOME.ABORTED])
  expect(decoder.lanes.size).toBe(0)
})

test('law 5: a transaction in progress that ends where the log already is, is passed over', () => {
  const { decode } = decoderAfter(1100)
  expect(decode(streamed.start(800, true), streamed.stop(), streamed.commit(800, 1100, 1150)).at(-1)).toBe(OUTCOME.ABORTED)
  expect(decode(streamed.start(801, true), streamed.stop(), streamed.commit(801, 1200, 1250)).at(-1)).toBe(OUTCOME.STREAMED)
})

test('what a transaction in progress is told of a table holds for no other', () => {
  const { decode, decoder, feed } = decoderAfter(0)
  decode(streamed.start(800, true))
  decoder.bind(decoder.lane, relationOf(ORDERS + 5), feed.twin(decoder.lane.pending))
  decode(streamed.within(800, message.insert(ORDERS + 5, ['1', 'x'])), streamed.stop())
  expect(() => decode(message.begin(1000, 0n), message.insert(ORDERS + 5, ['2', 'x']))).toThrow(
    expect.objectContaining({ code: 'CAPTURE_PROTOCOL' }),
  )
})

test('a piece without its beginning, and an end of what never came, are refused', () => {
  expect(() => decoderAfter(0).decode(streamed.start(800, false))).toThrow(expect.objectContaining({ code: 'CAPTURE_PROTOCOL' }))
  expect(() => decoderAfter(0).decode(streamed.commit(800, 1, 2))).toThrow(expect.objectContaining({ code: 'CAPTURE_PROTOCOL' }))
  expect(() => decoderAfter(0).decode(streamed.start(800, true), streamed.stop(), streamed.start(800, true))).toThrow(
    expect.objectContaining({ code: 'CAPTURE_PROTOCOL' }),
  )
})
