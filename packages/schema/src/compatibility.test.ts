import type { Column, Schema, Type } from '@millrace/core'
import { expect, test } from 'vitest'
import { compareSchemas, describeFindings } from './compatibility.ts'

const INT32: Type = { kind: 'int32' }
const INT64: Type = { kind: 'int64' }
const TEXT: Type = { kind: 'text' }

function column(name: string, type: Type = TEXT, nullable = true): Column {
  return { name, type, nullable }
}

function schema(columns: readonly Column[], key: readonly number[] = [0]): Schema {
  return { columns, key }
}

const ORDERS = schema([column('id', INT64, false), column('note'), column('size', INT32)])

test('a schema is the same as itself, whatever its types are called at their source and in whatever order they stand', () => {
  expect(compareSchemas(ORDERS, ORDERS)).toEqual({ verdict: 'same', findings: [] })
  const told = schema(ORDERS.columns.map((each) => ({ ...each, sourceType: 'somewhat else' })))
  expect(compareSchemas(ORDERS, told).verdict).toBe('same')
  const turned = schema([column('size', INT32), column('note'), column('id', INT64, false)], [2])
  expect(compareSchemas(ORDERS, turned).verdict).toBe('same')
})

test('an added column that may be null is compatible; one that may not be null breaks its promise in earlier rows', () => {
  expect(compareSchemas(ORDERS, schema([...ORDERS.columns, column('colour')]))).toEqual({
    verdict: 'compatible',
    findings: [{ column: 'colour', what: 'was added', breaking: false }],
  })
  expect(compareSchemas(ORDERS, schema([...ORDERS.columns, column('colour', TEXT, false)])).verdict).toBe('incompatible')
})

test('a column that is gone breaks, and where just one of its type came, that one is named', () => {
  const [id, note, size] = ORDERS.columns as [Column, Column, Column]
  const removed = compareSchemas(ORDERS, schema([id, note]))
  expect(removed).toEqual({ verdict: 'incompatible', findings: [{ column: 'size', what: 'was removed', breaking: true }] })
  const renamed = compareSchemas(ORDERS, schema([id, column('remark'), size]))
  expect(renamed.verdict).toBe('incompatible')
  expect(describeFindings(renamed.findings)).toBe('the column note was removed, or renamed to remark, the column remark was added')
})

test.each<[string, Type, Type]>([
  ['an integer', INT32, INT64],
  ['an unsigned integer that fits a signed one', { kind: 'uint32' }, INT64],
  ['a decimal with more digits before the point', { kind: 'decimal', width: 10, scale: 2 }, { kind: 'decimal', width: 12, scale: 2 }],
  ['a decimal with more digits after it too', { kind: 'decimal', width: 10, scale: 2 }, { kind: 'decimal', width: 12, scale: 4 }],
  ['a float', { kind: 'float32' }, { kind: 'float64' }],
])('%s that became wider without loss is compatible, and narrower again is not', (_name, narrow, wide) => {
  const before = schema([column('id', INT64), column('value', narrow)])
  const after = schema([column('id', INT64), column('value', wide)])
  expect(compareSchemas(before, after).verdict).toBe('compatible')
  expect(compareSchemas(after, before).verdict).toBe('incompatible')
})

test.each<[Type, Type]>([
  [INT32, TEXT],
  [INT32, { kind: 'decimal', width: 20, scale: 0 }],
  [INT64, { kind: 'uint64' }],
  [INT64, { kind: 'float64' }],
  [{ kind: 'date' }, { kind: 'timestamp' }],
  [{ kind: 'timestamp' }, { kind: 'timestamptz' }],
  [TEXT, { kind: 'json' }],
  [{ kind: 'uuid' }, TEXT],
  [
    { kind: 'decimal', width: 10, scale: 2 },
    { kind: 'decimal', width: 10, scale: 4 },
  ],
])('%j that became %j breaks: the values of one are not all values of the other as they lie', (old, now) => {
  const verdict = compareSchemas(schema([column('id', INT64), column('value', old)]), schema([column('id', INT64), column('value', now)]))
  expect(verdict.verdict).toBe('incompatible')
  expect(verdict.findings).toMatchObject([{ column: 'value', breaking: true }])
})

test('another key breaks, its order and its absence included', () => {
  const both = schema(ORDERS.columns, [0, 1])
  expect(describeFindings(compareSchemas(ORDERS, both).findings)).toBe('the table was identified by id and is by id, note')
  expect(compareSchemas(both, schema(ORDERS.columns, [1, 0])).verdict).toBe('incompatible')
  expect(describeFindings(compareSchemas(ORDERS, schema(ORDERS.columns, [])).findings)).toContain('is by its whole row')
})

test('a column that may be null from now on breaks nothing; one that may not any more does', () => {
  const strict = schema([column('id', INT64, false), column('note', TEXT, false), column('size', INT32)])
  expect(compareSchemas(strict, ORDERS).verdict).toBe('compatible')
  expect(compareSchemas(ORDERS, strict).verdict).toBe('incompatible')
})

test('what is compatible step by step is compatible at once', () => {
  const kinds = ['int8', 'int16', 'int32', 'int64', 'hugeint', 'uint8', 'uint32', 'uint64', 'float32', 'float64', 'text', 'date'] as const
  const decimals = [9, 12, 38].flatMap((width) => [0, 2, 4].map((scale): Type => ({ kind: 'decimal', width, scale })))
  const types: readonly Type[] = [...kinds.map((kind) => ({ kind })), ...decimals]
  const states = [
    schema([column('id')]),
    ...types.flatMap((type) => [true, false].map((nullable) => schema([column('id'), column('value', type, nullable)]))),
  ]
  const follows = (before: Schema, after: Schema): boolean => compareSchemas(before, after).verdict !== 'incompatible'
  for (const first of states) {
    for (const second of states.filter((each) => follows(first, each))) {
      for (const third of states.filter((each) => follows(second, each)))
        expect(follows(first, third), JSON.stringify([first, second, third])).toBe(true)
    }
  }
})
