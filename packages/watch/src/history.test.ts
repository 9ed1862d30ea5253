import { expect, test } from 'vitest'
import { History } from './history.ts'
import { HISTORY_SAMPLES_LIMIT } from './limits.ts'

function filled(seconds: number, perSecond: (second: number) => number): History {
  const history = new History()
  let changes = 1000
  for (let second = 0; second <= seconds; second += 1) {
    changes += perSecond(second)
    history.add(second * 1000, changes, second)
  }
  return history
}

test('rates are means over one, ten and sixty seconds, and ignore what was before the first sample', () => {
  const history = filled(100, (second) => (second > 90 ? 60 : 0))
  expect(history.rate()).toEqual({ perSecond1: 60, perSecond10: 60, perSecond60: 10 })
})

test('a young history is averaged over its own age', () => {
  expect(filled(2, () => 7).rate()).toEqual({ perSecond1: 7, perSecond10: 7, perSecond60: 7 })
  expect(new History().rate()).toEqual({ perSecond1: 0, perSecond10: 0, perSecond60: 0 })
})

test('law 8: no more than the last two minutes are kept', () => {
  const history = filled(1000, (second) => second)
  expect(history.spark()).toHaveLength(HISTORY_SAMPLES_LIMIT)
  expect(history.spark().at(-1)).toBe(1000)
})

test('a stage that restarts and counts from zero gives no negative rate', () => {
  const history = filled(20, () => 5)
  history.add(21_000, 3, null)
  expect(history.rate().perSecond1).toBe(3)
  expect(Math.min(...history.spark())).toBe(3)
})

test('the quantiles of lag are those of the samples that were seen', () => {
  expect(filled(99, () => 0).lag()).toEqual({ nowMs: 99, p50Ms: 49, p99Ms: 98 })
  expect(new History().lag()).toEqual({ nowMs: null, p50Ms: null, p99Ms: null })
})
