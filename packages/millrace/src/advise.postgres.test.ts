/** `millrace advise --source` as its user meets it, on a database with an index missing. */
import { type Postgres, startPostgres } from '@millrace/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeProject, runCli } from './testing/run-cli.ts'

let postgres: Postgres
let project: ReturnType<typeof makeProject>

const STATEMENT = 'select id from orders where customer = 7'

beforeAll(async () => {
  postgres = await startPostgres({ settings: { autovacuum: 'off' } })
  await postgres.query('create table orders as select i as id, i % 5000 as customer from generate_series(1, 50000) i')
  await postgres.query('analyze orders')
  const config = { name: 'shop', sources: { shop: { kind: 'postgres', url: postgres.urlFor({}) } } }
  project = makeProject({ 'millrace.config.ts': `export default ${JSON.stringify(config)}\n` })
})

afterAll(async () => {
  project.remove()
  await postgres.stop()
})

test('a missing index is told with its effect and its statement', async () => {
  const { code, stdout } = await runCli(['advise', '--source', 'shop', STATEMENT, '--measure'], project)
  expect(code).toBe(0)
  expect(stdout).toContain('missing index  public.orders  by (customer)')
  expect(stdout).toMatch(/measured, of one statement: cost \d+ → \d+, [\d.]+ → [\d.]+ ms/)
  expect(stdout).toContain('CREATE INDEX CONCURRENTLY ON public.orders (customer);')
  const told = await runCli(['advise', '--source', 'shop', STATEMENT, '--json'], project)
  expect(JSON.parse(told.stdout)).toMatchObject({ source: 'shop', kind: 'missing index', effect: { by: 'estimated' } })
  expect((await runCli(['advise', '--source', 'shop'], project)).stdout).toContain('no index is missing, unused or bloated')
})

test('what cannot be asked is refused with the way out', async () => {
  const unknown = await runCli(['advise', '--source', 'nowhere'], project)
  expect(unknown).toMatchObject({ code: 64 })
  expect(unknown.stderr).toContain("There is no Postgres source 'nowhere'; there is shop.")
  const wrong = await runCli(['advise', '--source', 'shop', 'delete from orders'], project)
  expect(wrong).toMatchObject({ code: 64 })
  expect(wrong.stderr).toContain('ADVISE_STATEMENT_INVALID')
})
