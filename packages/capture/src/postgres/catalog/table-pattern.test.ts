import { expect, test } from 'vitest'
import { tablePattern } from './table-pattern.ts'

const TABLES = ['public.orders', 'public.orders_archive', 'sales.orders', 'sales.items_archive', 'public.a+b', 'salesman.orders']

function matched(text: string, schemaless: 'public' | 'every' = 'public'): string[] {
  const { matches } = tablePattern(text, { schemaless })
  return TABLES.filter((name) => {
    const [schemaName = '', tableName = ''] = name.split('.')
    return matches({ schemaName, tableName })
  })
}

test('a name names one table, and a star any letters within a name but no point', () => {
  expect(matched('orders')).toEqual(['public.orders'])
  expect(matched('sales.*')).toEqual(['sales.orders', 'sales.items_archive'])
  expect(matched('*_archive')).toEqual(['public.orders_archive'])
  expect(matched('*.orders')).toEqual(['public.orders', 'sales.orders', 'salesman.orders'])
  expect(matched('*')).toEqual(['public.orders', 'public.orders_archive', 'public.a+b'])
  expect(matched('a+*')).toEqual(['public.a+b'])
  expect(matched('o.ders')).toEqual([])
})

test('what is left out is left out in every schema, unless one is named', () => {
  expect(matched('*_archive', 'every')).toEqual(['public.orders_archive', 'sales.items_archive'])
  expect(matched('public.*_archive', 'every')).toEqual(['public.orders_archive'])
})

test('only a name without a star must exist', () => {
  expect(tablePattern('sales.orders', { schemaless: 'public' }).isExact).toBe(true)
  expect(tablePattern('sales.*', { schemaless: 'public' }).isExact).toBe(false)
})
