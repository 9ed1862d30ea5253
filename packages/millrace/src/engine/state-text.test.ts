import { expect, it } from 'vitest'
import { stateText } from './state-text.ts'

it('of a model it is told what its state takes in memory, and beside', () => {
  expect(stateText({ evidence: { stateBytes: 1_260_000, stateBytesSpilled: 0 } })).toBe('1.3 MB')
  expect(stateText({ evidence: { stateBytes: 1_000_000, stateBytesSpilled: 25_400_000 } })).toBe('1.0 MB + 25.4 MB spilled')
  expect(stateText({ evidence: {} })).toBe('')
})
