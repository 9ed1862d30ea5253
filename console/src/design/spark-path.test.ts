import { expect, test } from 'vitest'
import { sparkPaths } from './spark-path.ts'

const FRAME = { width: 30, height: 12.5, capacity: 4, points: 4 }

test('the newest value stands at the right edge, the greatest at the top', () => {
  expect(sparkPaths([0, 5, 10], FRAME).line).toBe('M10 11.75L20 6.75L30 1.75')
  expect(sparkPaths([9, 9, 9, 0, 5, 10], FRAME).line).toMatch(/^M0 2.75L10 11.75/)
})

test('with fewer points than samples, each is a mean', () => {
  expect(sparkPaths([7, 0, 4, 8, 12], { ...FRAME, points: 2 }).line).toBe('M0 9.75L30 1.75')
})

test('nothing measured draws nothing, and stillness is a level line', () => {
  expect(sparkPaths([], FRAME)).toEqual({ line: '', area: '' })
  expect(sparkPaths([0, 0], FRAME).line).toBe('M20 11.75L30 11.75')
})
