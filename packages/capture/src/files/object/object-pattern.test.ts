import { expect, test } from 'vitest'
import { objectPattern, sharedPrefix } from './object-pattern.ts'

test.each([
  ['orders-*.csv', ['orders-1.csv', 'orders-.csv'], ['orders-1.csv.gz', 'a/orders-1.csv', 'orders-1-csv', 'xorders-1.csv']],
  ['*', ['a', 'a.b'], ['a/b', '.hidden']],
  ['**', ['a', 'a/b/c'], ['.hidden']],
  ['**/*.json', ['a.json', 'a/b/c.json'], ['a.jsonl', '.a/b.json']],
  ['2026/**/x', ['2026/x', '2026/1/2/x'], ['2025/x']],
  ['a?c', ['abc', 'aöc'], ['ac', 'a/c']],
  ['[a-c]x', ['ax', 'cx'], ['dx', '-x']],
  ['[!a]x', ['bx'], ['ax', '/x']],
  ['{orders,items}.{csv,csv.gz}', ['orders.csv', 'items.csv.gz'], ['orders', 'x.csv']],
  ['a+b(c).txt', ['a+b(c).txt'], ['aab(c).txt', 'a+bc.txt']],
  ['😀*', ['😀x'], ['x']],
])('%s fits what a shell would take', (text, good, bad) => {
  const pattern = objectPattern(text)
  expect(good.filter((key) => !pattern.fits(key))).toEqual([])
  expect(bad.filter((key) => pattern.fits(key))).toEqual([])
})

test('what all patterns begin with need not be listed', () => {
  expect(sharedPrefix(['in/orders-*.csv', 'in/orphans/*'].map(objectPattern))).toBe('in/or')
  expect(sharedPrefix(['a*', '*'].map(objectPattern))).toBe('')
})
