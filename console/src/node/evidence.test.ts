import { expect, test } from 'vitest'
import { evidenceName, evidenceText } from './evidence.ts'

test('the name of a piece of evidence is plain words', () => {
  expect(['walKeptBytes', 'stepMs', 'slot', 'heartbeatSeenMs'].map(evidenceName)).toEqual(['wal kept', 'step', 'slot', 'heartbeat seen'])
})

test('evidence is told by the unit that ends its name', () => {
  expect(evidenceText('walKeptBytes', 1_048_576)).toBe('1.0 MB')
  expect(evidenceText('walKeptBytes', 0)).toBe('0 bytes')
  expect(evidenceText('stepMs', 3.44)).toBe('3.4 ms')
  expect(evidenceText('stateRows', 18_412)).toBe('18,412')
  expect(evidenceText('slot', 'millrace_shop')).toBe('millrace_shop')
  expect(evidenceText('heartbeatProblem', null)).toBe('unknown')
  expect(evidenceText('heartbeatSeenMs', Date.UTC(2026, 10, 21))).toMatch(/2026/)
})
