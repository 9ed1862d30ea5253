import { expect, test } from 'vitest'
import { tabsOf } from './tabs-of.ts'

const names = (hasSql: boolean): readonly string[] => tabsOf({ kind: 'model', hasSql }).map(({ name }) => name)

test('SQL is shown where there is some, and changes always', () => {
  expect(names(true)).toEqual(['state', 'sql', 'changes'])
  expect(names(false)).toEqual(['state', 'changes'])
})
