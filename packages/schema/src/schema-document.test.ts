import type { Schema } from '@millrace/core'
import { expect, it } from 'vitest'
import { documentOf, schemaIdOf, schemaOf } from './schema-document.ts'

const SCHEMA: Schema = {
  columns: [
    { name: 'id', type: { kind: 'int64' }, nullable: false, sourceType: 'bigint' },
    { name: 'total', type: { kind: 'decimal', width: 12, scale: 2 }, nullable: true },
  ],
  key: [0],
}

it('a schema told to others and read back is the same to all who read rows', () => {
  const document = documentOf('shop.orders', 3, SCHEMA)
  expect(document).toEqual({
    id: schemaIdOf('shop.orders', SCHEMA),
    stream: 'shop.orders',
    version: 3,
    columns: [
      { name: 'id', type: 'int64', nullable: false },
      { name: 'total', type: 'decimal(12,2)', nullable: true },
    ],
    key: ['id'],
  })
  expect(schemaOf(JSON.parse(JSON.stringify(document)) as typeof document).columns.map(({ name, type }) => ({ name, type }))).toEqual(
    SCHEMA.columns.map(({ name, type }) => ({ name, type })),
  )
})

it('an id is the same everywhere, and another for anything that means another thing', () => {
  const id = schemaIdOf('shop.orders', SCHEMA)
  expect(id).toMatch(/^[0-9a-f]{32}$/)
  expect(
    schemaIdOf('shop.orders', { ...SCHEMA, columns: SCHEMA.columns.map(({ name, type, nullable }) => ({ name, type, nullable })) }),
  ).toBe(id)
  const others: Schema[] = [
    { ...SCHEMA, key: [] },
    { ...SCHEMA, columns: SCHEMA.columns.map((column) => ({ ...column, nullable: false })) },
    { ...SCHEMA, columns: SCHEMA.columns.toReversed(), key: [1] },
  ]
  expect(new Set([id, schemaIdOf('shop.other', SCHEMA), ...others.map((other) => schemaIdOf('shop.orders', other))]).size).toBe(5)
})
