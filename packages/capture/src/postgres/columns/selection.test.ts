import type { PostgresSource } from '@millrace/core'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openSelection } from './selection.ts'

const ORDERS = { schemaName: 'public', tableName: 'orders' }
const COLUMNS = ['id', 'email', 'note']

beforeEach(() => vi.stubEnv('MILLRACE_TEST_MASK_KEY', 'pepper'))
afterEach(() => vi.unstubAllEnvs())

function config(settings: Partial<PostgresSource>): PostgresSource {
  return { kind: 'postgres', url: 'postgres://', maskKey: { secret: 'env', name: 'MILLRACE_TEST_MASK_KEY' }, ...settings }
}

test('a table takes all columns, those that are named, or those that are not left out; a name goes before a pattern', async () => {
  const { of } = await openSelection('shop', config({ columns: { '*': { exclude: ['note'] }, orders: { include: ['id', 'note'] } } }))
  expect(COLUMNS.filter((column) => of(ORDERS).takes(column))).toEqual(['id', 'note'])
  expect(COLUMNS.filter((column) => of({ ...ORDERS, tableName: 'items' }).takes(column))).toEqual(['id', 'email'])
  expect(COLUMNS.filter((column) => of({ ...ORDERS, schemaName: 'sales' }).takes(column))).toEqual(COLUMNS)
})

test.each<[Partial<PostgresSource>, string]>([
  [{ columns: { orders: { exclude: ['nothing'] } } }, "names the column 'nothing', which the table has not"],
  [{ columns: { orders: { exclude: ['id'] } } }, "leaves out 'id', which is part of the key"],
  [{ columns: { orders: { include: ['note'] } } }, "leaves out 'id', which is part of the key"],
  [{ columns: { orders: { mask: { id: 'redact' } } } }, "only 'hash' may stand there"],
])('%j is refused: %s', async (settings, problem) => {
  const { check } = await openSelection('shop', config(settings))
  expect(() => check(ORDERS, COLUMNS, ['id'])).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(problem) }),
  )
})

test('a hash wants a key, and a key may be hashed', async () => {
  const settings = { columns: { orders: { mask: { id: 'hash' } } } } as const
  const { maskKey: _, ...keyless } = config(settings)
  await expect(openSelection('shop', keyless)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('maskKey'),
  })
  const { check, of } = await openSelection('shop', config(settings))
  expect(() => check(ORDERS, COLUMNS, ['id'])).not.toThrow()
  expect(of(ORDERS).mask('id')?.apply('7')).toMatch(/^[0-9a-f]{64}$/)
})

test('another mask or another key is another selection, and tells nothing of the key', async () => {
  const settings = config({ columns: { orders: { mask: { email: 'hash' } } } })
  const first = (await openSelection('shop', settings)).of(ORDERS).fingerprint
  expect((await openSelection('shop', settings)).of(ORDERS).fingerprint).toBe(first)
  vi.stubEnv('MILLRACE_TEST_MASK_KEY', 'salt')
  expect((await openSelection('shop', settings)).of(ORDERS).fingerprint).not.toBe(first)
  expect(first).not.toContain('pepper')
})
