import { expect, test } from 'vitest'
import { bankTransfers } from './bank-transfers.ts'

test('law 3: every total of a bank that models built on each other publish is 0, and no transfer lacks its receipt', async () => {
  const outcome = await bankTransfers({ transfers: 20_000, accounts: 50, seed: 7, note: () => undefined })
  expect(outcome).toMatchObject({ wrongTotals: 0, wrongUnmatched: 0, lastIsExact: true })
  expect(outcome.publishedTotals).toBeGreaterThan(0)
})
