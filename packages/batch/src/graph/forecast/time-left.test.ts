import type { Clock } from '@millrace/base'
import { expect, test } from 'vitest'
import { TimeLeft } from './time-left.ts'

let nowMs = 0
const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => nowMs, sleep: () => Promise.reject(new DOMException('no one waits')) }
const STEPS = new Map([
  ['a', { seconds: 10, inputs: [] }],
  ['b', { seconds: 20, inputs: ['a'] }],
  ['c', { seconds: 30, inputs: ['b'] }],
])

test('what is left gets less as time goes by, and follows the pace of what is done', () => {
  nowMs = 0
  const left = new TimeLeft({ steps: STEPS, workers: 2, clock })
  expect(left.seconds()).toBe(60)
  left.begun('a')
  nowMs = 4000
  expect(left.seconds()).toBe(56)
  nowMs = 10_000
  left.ended('a', 10)
  expect(left.seconds()).toBe(50)
  left.begun('b')
  nowMs = 50_000
  left.ended('b', 40)
  // 50 s for what was to take 30, beside the tenth of all work that counts as usual.
  expect(left.seconds()).toBeCloseTo((30 * 56) / 36)
})

test('a step that is overdue is not told to end at once', () => {
  nowMs = 0
  const left = new TimeLeft({ steps: STEPS, workers: 1, clock })
  left.begun('a')
  nowMs = 100_000
  expect(left.seconds()).toBeCloseTo(10 + 50)
})
