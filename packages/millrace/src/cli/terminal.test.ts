import { expect, test } from 'vitest'
import { fitting } from './terminal.ts'

const lines = (count: number): string[] => Array.from({ length: count }, (_, at) => `line ${at}`)

test('a panel that fits is shown whole', () => {
  expect(fitting(lines(10), 10)).toEqual(lines(10))
})

test.each([6, 12, 40])('of a panel that is higher than %i rows the middle is left out and counted', (rows) => {
  const shown = fitting(lines(200), rows)
  expect(shown).toHaveLength(rows)
  expect(shown[0]).toBe('line 0')
  expect(shown.at(-1)).toBe('line 199')
  const told = Number(/… (\d+) more/.exec(shown.join())?.[1])
  expect(told + rows - 1).toBe(200)
})
