import { expect, test } from 'vitest'
import { rankMatches } from './rank-matches.ts'

const CHOICES = ['shop.orders', 'shop.order_items', 'order_totals', 'shop.customers', 'crm'].map((title) => ({
  id: title,
  title,
  note: '',
}))
const found = (typed: string): readonly string[] => rankMatches(typed, CHOICES).map((choice) => choice.title)

test('nothing typed leaves everything in its order', () => {
  expect(found('  ')).toEqual(CHOICES.map((choice) => choice.title))
})

test('a name that begins with the letters comes before one that holds them', () => {
  expect(found('order')[0]).toBe('order_totals')
  expect(found('crm')).toEqual(['crm'])
})

test('initials find a name of several words', () => {
  expect(found('ot')[0]).toBe('order_totals')
  expect(found('soi')[0]).toBe('shop.order_items')
})

test('letters that are not there find nothing', () => {
  expect(found('xyz')).toEqual([])
})
