import { BatchBuilder, type OperationName, type Schema, type Value } from '@millrace/core'
import { expect, it } from 'vitest'
import { ModelRows } from './model-rows.ts'

const SCHEMA: Schema = {
  columns: [
    { name: 'a', type: { kind: 'text' }, nullable: true },
    { name: 'b', type: { kind: 'int64' }, nullable: true },
    { name: 'c', type: { kind: 'text' }, nullable: true },
  ],
  key: [2, 0],
}

function rowsOf(schema: Schema, changes: readonly (readonly [OperationName, readonly Value[], (readonly Value[])?])[]): ModelRows {
  const rows = new ModelRows(schema, [[1, 0], [1]])
  const builder = new BatchBuilder(schema)
  for (const [index, [operation, row, before]] of changes.entries())
    builder.push(operation, { transaction: 1, index, time: 1 }, row, before)
  rows.apply(builder.finish())
  return rows
}

const found = (rows: ModelRows, columns: number[], values: Value[]): unknown =>
  rows.find(columns, values)?.map(({ values: row, copies }) => [...row, copies])

it('rows are found by a key of several columns, whatever the order in which it is asked', () => {
  const rows = rowsOf(SCHEMA, [
    ['insert', ['x', 1, '1:y']],
    ['insert', ['1:x', 2, 'y']],
    ['insert', [null, 3, 'y']],
  ])
  expect(found(rows, [0, 2], ['x', '1:y'])).toEqual([['x', 1, '1:y', 1]])
  expect(found(rows, [2, 0], ['y', '1:x'])).toEqual([['1:x', 2, 'y', 1]])
  expect(found(rows, [0, 2], ['n', 'y'])).toEqual([])
  expect(rows.find([0], ['x'])).toBeNull()
})

it('an index has each row where its values are now', () => {
  const big = 9_007_199_254_740_993n
  const rows = rowsOf(SCHEMA, [
    ['insert', ['x', big, 'k']],
    ['insert', ['y', big, 'k']],
    ['update', ['x', 1, 'k'], ['x', big, 'k']],
    ['delete', ['y', big, 'k']],
  ])
  expect(found(rows, [1], [big])).toEqual([])
  expect(found(rows, [0, 1], ['x', 1])).toEqual([['x', 1, 'k', 1]])
  expect(rows.count).toBe(1)
})

it('what a model without a key tells twice is there twice, and its bytes go with the rows', () => {
  const rows = rowsOf({ ...SCHEMA, key: [] }, [
    ['insert', ['x', 1, 'k']],
    ['insert', ['x', 1, 'k']],
    ['insert', ['y', 1, 'k']],
    ['delete', ['x', 1, 'k']],
    ['delete', ['y', 1, 'k']],
  ])
  expect(found(rows, [1], [1])).toEqual([['x', 1, 'k', 1]])
  expect(rows.bytes).toBeGreaterThan(0)
  const builder = new BatchBuilder({ ...SCHEMA, key: [] })
  builder.push('truncate', { transaction: 1, index: 0, time: 1 }, [undefined, undefined, undefined])
  rows.apply(builder.finish())
  expect([rows.count, rows.bytes, rows.all().length]).toEqual([0, 0, 0])
})
