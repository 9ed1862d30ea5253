import { expect, test } from 'vitest'
import { compareRows } from './compare-rows.ts'

test('Rows are compared by how often they stand on each side, in any order', () => {
  expect(compareRows(['a', 'b', 'b'], ['b', 'a', 'b'])).toMatchObject({ missing: 0, extra: 0 })
  expect(compareRows(['a', 'b', 'b'], ['b', 'c', 'c'])).toMatchObject({ missing: 2, extra: 2, missingRow: 'a', extraRow: 'c' })
})
