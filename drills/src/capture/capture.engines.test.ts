/** The cases of the drill that need a server which npm does not bring. */
import { type Postgres, startPostgres } from '@millrace/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CASE_SECONDS_MAX, runCase } from './capture-drill.ts'
import { CASES } from './cases.ts'

let postgres: Postgres

beforeAll(async () => {
  postgres = await startPostgres()
})

afterAll(() => postgres.stop())

for (const each of CASES.filter(({ needs }) => needs === 'mariadb')) {
  test(
    `case ${each.number}: ${each.name}`,
    async () => {
      expect((await runCase(each, postgres)).error).toBeUndefined()
    },
    (CASE_SECONDS_MAX + 30) * 1000,
  )
}
