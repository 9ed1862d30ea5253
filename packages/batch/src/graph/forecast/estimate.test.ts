import { expect, test } from 'vitest'
import { estimateRows, estimateSeconds } from './estimate.ts'

const took = (seconds: number, rowsRead: number, rows = rowsRead): { seconds: number; rowsRead: number; rows: number } => ({
  seconds,
  rowsRead,
  rows,
})

test('what never ran has no estimate', () => {
  expect([estimateSeconds([], 10), estimateRows([], 10)]).toEqual([null, null])
})

test('over as many rows as ever the median is told, so that one slow night moves nothing', () => {
  expect(estimateSeconds([took(2, 100), took(90, 100), took(2.2, 100), took(1.9, 100), took(2.1, 100)], 100)).toBe(2.1)
})

test('more rows cost what more rows had cost before, beside what does not depend on rows', () => {
  const grown = [took(4, 3000), took(3, 2000), took(2, 1000)]
  expect(estimateSeconds(grown, 5000)).toBeCloseTo(6)
  expect(estimateSeconds(grown, 0)).toBeCloseTo(1)
})

test('seconds that fall with more rows are no reason to tell less than nothing', () => {
  expect(estimateSeconds([took(1, 9000), took(9, 1000)], 100_000)).toBe(5)
})

test('rows are told in proportion to what is read', () => {
  expect(estimateRows([took(1, 1000, 10)], 5000)).toBe(50)
  expect(estimateRows([took(1, 0, 7)], 0)).toBe(7)
})
