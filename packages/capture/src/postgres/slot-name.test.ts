import { expect, test } from 'vitest'
import { defaultSlotName, successorOf } from './slot-name.ts'

test("a slot's default name has only what Postgres allows in one", () => {
  expect(defaultSlotName('Shop-EU', 'main db')).toBe('millrace_shop_eu_main_db')
  expect(defaultSlotName('x'.repeat(80), 'y')).toHaveLength(63)
})

test('the name after a name counts on', () => {
  expect(successorOf('shop')).toBe('shop_2')
  expect(successorOf('shop_2')).toBe('shop_3')
  expect(successorOf('x'.repeat(63))).toHaveLength(58)
})
