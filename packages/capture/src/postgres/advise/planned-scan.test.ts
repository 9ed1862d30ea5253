import { expect, test } from 'vitest'
import { comparisonOf } from './planned-scan.ts'

test.each([
  ['(orders.customer = 42)', 'customer', 'equal'],
  ["((o.status)::text = 'new'::text)", 'status', 'equal'],
  ["((orders.customer = 42) AND (orders.at >= '2026-01-01'::date))", 'at', 'range'],
  ['(customer = ANY (ARRAY[1, 2]))', 'customer', 'equal'],
  ['("o o"."Cus tomer" < 3)', '"Cus tomer"', 'range'],
  ["(lower(orders.name) = 'x'::text)", 'name', null],
  ["(lower((orders.name)::text) = 'x'::text)", 'name', null],
  ['((orders.customer + 1) = 42)', 'customer', null],
  ['(orders.old_customer = 42)', 'customer', null],
  ['(orders.customer <> 42)', 'customer', null],
])('how %s compares %s', (filter, column, how) => {
  expect(comparisonOf(filter, column)).toBe(how)
})
