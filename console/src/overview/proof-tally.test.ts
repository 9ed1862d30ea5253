import type { ProofState } from '@millrace/serve/api'
import { expect, test } from 'vitest'
import { tallyOf } from './proof-tally.ts'

const equal: ProofState = { model: 'a', verdict: 'equal', atMs: 50, cut: 5, rows: 9, differentRows: 0, tookMs: 1, ties: [] }

test('one model speaks by its name, several by their number', () => {
  expect(tallyOf([equal])).toMatchObject({ verdict: 'equal', title: 'a is proven' })
  expect(tallyOf([equal, { ...equal, model: 'b', atMs: 40 }])).toMatchObject({ title: '2 of 2 models are proven', oldest: { model: 'b' } })
})

test('a difference speaks before everything else, however old the rest is', () => {
  const different: ProofState = { ...equal, model: 'c', verdict: 'different', differentRows: 1, atMs: 99 }
  const never: ProofState = { ...equal, model: 'd', verdict: 'never', atMs: null }
  expect(tallyOf([equal, never, different])).toMatchObject({ verdict: 'different', title: 'c differs in 1 row' })
})

test('one model without a proof keeps the whole from being called proven', () => {
  expect(tallyOf([equal, { ...equal, model: 'd', verdict: 'never', atMs: null }])).toMatchObject({
    verdict: 'never',
    title: '1 of 2 models are proven',
  })
})
