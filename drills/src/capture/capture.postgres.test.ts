/** The cases of the drill, one test each, so that a planted bug is named by the case that it breaks. */
import { type Postgres, startPostgres } from '@millrace/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CASE_SECONDS_MAX, runCase } from './capture-drill.ts'
import { CASES } from './cases.ts'

let postgres: Postgres

beforeAll(async () => {
  postgres = await startPostgres()
})

afterAll(() => postgres.stop())

for (const each of CASES.filter(({ needs }) => needs === 'postgres')) {
  test(
    `case ${each.number}: ${each.name}`,
    async () => {
      expect((await runCase(each, postgres)).error).toBeUndefined()
    },
    (CASE_SECONDS_MAX + 30) * 1000,
  )
}

test('each of the fifteen cases is there', () => {
  const numbers = new Set(CASES.map(({ number }) => number))
  expect([...numbers].sort((left, right) => left - right)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15])
})
