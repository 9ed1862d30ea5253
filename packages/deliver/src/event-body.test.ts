import { BatchBuilder, type OperationName, type Schema, type Value } from '@millrace/core'
import { expect, test } from 'vitest'
import { eventBody, instantText } from './event-body.ts'

const SCHEMA: Schema = {
  columns: [
    { name: 'id', type: { kind: 'int64' }, nullable: false },
    { name: 'na"me', type: { kind: 'text' }, nullable: true },
    { name: 'price', type: { kind: 'decimal', width: 38, scale: 4 }, nullable: true },
    { name: 'at', type: { kind: 'timestamptz' }, nullable: true },
    { name: 'ok', type: { kind: 'boolean' }, nullable: true },
    { name: 'ratio', type: { kind: 'float64' }, nullable: true },
    { name: 'data', type: { kind: 'bytes' }, nullable: true },
  ],
  key: [0],
}

type Row = readonly (Value | undefined)[]

function bodyOf(operation: OperationName, row: Row, before?: Row): Record<string, unknown> {
  const builder = new BatchBuilder(SCHEMA)
  builder.push(operation, { transaction: 9, index: 2, time: 1_000_001 }, row, before)
  return JSON.parse(eventBody(builder.finish(), 0, { id: 'msg_x', stream: 's.t', partition: 1, position: 5, asOf: 3 })) as Record<
    string,
    unknown
  >
}

test('values keep every digit', () => {
  const body = bodyOf('insert', [
    9_007_199_254_740_993n,
    'a\n"b"',
    123_456_789_012_345_678_901_234n,
    1_767_323_045_678_901,
    true,
    Number.NaN,
    new Uint8Array([1, 255]),
  ])
  expect(body['after']).toEqual({
    id: '9007199254740993',
    'na"me': 'a\n"b"',
    price: '12345678901234567890.1234',
    at: '2026-01-02 03:04:05.678901+00',
    ok: true,
    ratio: 'NaN',
    data: '\\x01ff',
  })
  expect(body).toMatchObject({ key: { id: '9007199254740993' }, before: null, committed_at: '1970-01-01T00:00:01.000001Z' })
})

test('a null is a value; what the source did not tell is left out, and named where it did not change', () => {
  const builder = new BatchBuilder(SCHEMA)
  builder.start(1, 1, 0, 0, false)
  builder.after[0]?.push(1)
  builder.after[1]?.pushCell(2)
  builder.after[2]?.push(null)
  for (const column of [3, 4, 5, 6]) builder.after[column]?.pushCell(3)
  const body = JSON.parse(eventBody(builder.finish(), 0, { id: 'msg_x', stream: 's', partition: 0, position: 0, asOf: 1 })) as object
  expect(body).toMatchObject({ after: { id: 1, price: null }, before: null, unchanged: ['na"me'] })
  expect(Object.keys((body as { after: object }).after)).toEqual(['id', 'price'])
})

test('a delete tells the row that went as the row before', () => {
  const body = bodyOf('delete', [1, 'gone', undefined, undefined, undefined, undefined, undefined])
  expect(body).toMatchObject({ operation: 'delete', type: 's.t.delete', key: { id: 1 }, before: { id: 1, 'na"me': 'gone' }, after: null })
})

test('an update tells the row before where the source told it', () => {
  const rest = [null, null, null, null, null] as const
  expect(bodyOf('update', [1, 'new', ...rest], [1, 'old', ...rest])).toMatchObject({
    before: { 'na"me': 'old' },
    after: { 'na"me': 'new' },
  })
})

test('instants have microseconds, before 1970 too', () => {
  expect(instantText(1_767_323_045_678_901)).toBe('2026-01-02T03:04:05.678901Z')
  expect(instantText(-1)).toBe('1969-12-31T23:59:59.999999Z')
})
