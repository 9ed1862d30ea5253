import { expect, test } from 'vitest'
import { commandsFor } from './commands.ts'

test('a model can be followed, asked and proven from a terminal', () => {
  expect(commandsFor({ kind: 'model', name: 'order_totals' })).toEqual([
    'millrace tail order_totals',
    "millrace query 'select * from order_totals limit 10'",
    'millrace prove order_totals',
  ])
})

test('a name that a shell or SQL would misread is quoted', () => {
  expect(commandsFor({ kind: 'stream', name: "shop.Bob's orders" })).toEqual([
    `millrace tail 'shop.Bob'\\''s orders'`,
    `millrace query 'select * from shop."Bob'\\''s orders" limit 10'`,
    `millrace prove 'shop.Bob'\\''s orders'`,
  ])
})
