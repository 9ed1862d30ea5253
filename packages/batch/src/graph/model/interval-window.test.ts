import { expect, test } from 'vitest'
import { nextInterval, stretchesOf } from './interval.ts'
import { readWindow } from './interval-window.ts'

test.each([
  ['2026-01-01', '2026-01-31', '2026-01-01 00:00:00', '2026-02-01 00:00:00'],
  ['2026-01', '2026-02', '2026-01-01 00:00:00', '2026-03-01 00:00:00'],
  ['2026-12-31 23:00', '2026-12-31T23', '2026-12-31 23:00:00', '2027-01-01 00:00:00'],
  [null, '2024-02-29', null, '2024-03-01 00:00:00'],
  ['2024-02-29', null, '2024-02-29 00:00:00', null],
])('a window holds all of what its end names: %s to %s', (from, to, first, end) => {
  expect(readWindow(from, to)).toEqual({ from: first, to: end })
})

test.each([
  ['2026-02-30', null],
  ['yesterday', '2026-01-01'],
  ['2026-01-02', '2026-01-01'],
  [null, '2026-01-01 25:00'],
])('a window that no time is in is refused: %s to %s', (from, to) => {
  expect(() => readWindow(from, to)).toThrow(expect.objectContaining({ code: 'INTERVAL_WINDOW_INVALID' }))
})

test('intervals that follow one another are one stretch', () => {
  const starts = ['2026-02-01', '2026-01-31', '2026-02-03'].map((day) => `${day} 00:00:00`)
  expect(stretchesOf(starts, 'day').map(({ from, to }) => `${from.slice(0, 10)}..${to.slice(0, 10)}`)).toEqual([
    '2026-01-31..2026-02-02',
    '2026-02-03..2026-02-04',
  ])
  expect(nextInterval('2024-02-01 00:00:00', 'month')).toBe('2024-03-01 00:00:00')
  expect(nextInterval('9999-12-31 00:00:00', 'day')).toBe('10000-01-01 00:00:00')
})
