/** `millrace advise` as its user meets it: a layout that is told, written into the header, and made by the next run. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeProject, runCli } from './testing/run-cli.ts'

const SALES = `select i as id, (hash(i, 1) % 100000)::int as customer, hash(i, 3)::varchar as note from range(2000000) t(i)`

let project: ReturnType<typeof makeProject>

beforeAll(() => {
  project = makeProject({
    'millrace.config.ts': "export default { name: 'numbers', graph: { folders: { '.': { materialize: 'table' } } } }\n",
    'models/sales.sql': SALES,
    'models/asked.sql': 'select max(note) as note from sales where customer = 4711',
  })
})

afterAll(() => project.remove())

test('an advice is a header with its measured effect; once it is followed, readers are not computed again and nothing is better', async () => {
  expect((await runCli(['advise'], project)).stderr).toContain('ENVIRONMENT_UNKNOWN')
  expect((await runCli(['run'], project)).code).toBe(0)
  const { stdout } = await runCli(['advise', 'sales', '--json'], project)
  const told = JSON.parse(stdout) as { verdict: string; header: string; best: { before: object; after: object } }
  expect(told).toMatchObject({ model: 'sales', verdict: 'better', header: '-- @cluster_by customer\n' })
  writeFileSync(join(project.folder, 'models/sales.sql'), told.header + readFileSync(join(project.folder, 'models/sales.sql'), 'utf8'))
  expect(JSON.parse((await runCli(['run', '--json'], project)).stdout)).toMatchObject({ status: 'published', computed: 1 })
  const after = await runCli(['advise'], project)
  expect(after.stdout).toContain('sales  2,000,000 rows, @cluster_by customer: nothing that was tried serves its readers better')
  expect(after.stdout).toContain('asked  1 rows, no layout: no model asks for a part of it')
})

test('a number that cannot be meant is refused', async () => {
  expect(await runCli(['advise', '--seconds', '-1'], project)).toMatchObject({ code: 64 })
})
