import { expect, test } from 'vitest'
import { agoText, durationText, rateText } from './figures.ts'

test('a rate is short at every size', () => {
  const values = [0, 0.01, 0.4, 9.94, 9.96, 812, 9999.4, 9999.6, 12_400, 999_940, 3_100_000]
  expect(values.map(rateText)).toEqual(['0', '<0.1', '0.4', '9.9', '10', '812', '9,999', '10.0k', '12.4k', '999.9k', '3.1M'])
})

test('a duration is told in the largest unit that still says enough', () => {
  expect([0, 0.44, 32, 999, 1800, 59_000, 240_000, 8 * 3_600_000, 72 * 3_600_000].map(durationText)).toEqual([
    '0 ms',
    '0.4 ms',
    '32 ms',
    '999 ms',
    '1.8 s',
    '59 s',
    '4 min',
    '8 h',
    '3 d',
  ])
})

test('a moment that is ahead by a skewed clock is now, never in the future', () => {
  expect(agoText(5000, 1000)).toBe('now')
  expect(agoText(0, 12_900)).toBe('12 s ago')
})
