import { changeAt, type Schema } from '@millrace/core'
import { expect, test } from 'vitest'
import { message } from '../fixtures/pgoutput-messages.ts'
import { PendingChanges } from '../pending-changes.ts'
import { TableFeed } from '../table-feed.ts'
import { ChangeDecoder, OUTCOME } from './decoder.ts'

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
): { decode: (...messages: Buffer[]) => number[]; taken: () => unknown[]; decoder: ChangeDecoder } {
  const pending = new PendingChanges()
  const decoder = new ChangeDecoder({ source: 'shop', messagePrefix: 'millrace', pending, afterTransaction })
  const table = { oid: ORDERS, schemaName: 'public', tableName: 'orders', stream: 'shop.orders', schema, partitioned: false }
  const feed = new TableFeed({ source: 'shop', slot: 'slot', table, partitions, pending })
  feed.tell([true, false])
  decoder.bind(ORDERS, feed)
  decoder.bind(ORDERS + 1, null)
  return {
    decoder,
    decode: (...messages) => messages.map((bytes) => decoder.decode(Buffer.concat([Buffer.from('##'), bytes]), 2, bytes.length + 2)),
    taken: () => pending.take().flatMap(({ batch }) => Array.from({ length: batch.count }, (_, row) => changeAt(batch, row))),
  }
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
