/** Reading as a user meets it: a project with an index and an endpoint, the commands, and a client that outlives the server. */
import { createClient } from '@millrace/client'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeProject, Run, runCli } from './testing/run-cli.ts'

const EXAMPLE = fileURLToPath(new URL('../../../examples/files', import.meta.url))
const READING = `
  models: { open_orders: { indexes: [['customer']] } },
  endpoints: {
    owing: endpoint({
      model: 'open_orders',
      parameters: { least: 'decimal(12,2)' },
      where: 'open_amount >= $least',
      order: 'open_amount desc',
    }),
  },
})`

let project: ReturnType<typeof makeProject>
let server: Run

beforeEach(async () => {
  project = makeProject({})
  cpSync(EXAMPLE, project.folder, { recursive: true })
  const file = join(project.folder, 'millrace.config.ts')
  const config = readFileSync(file, 'utf8').replace('defineProject,', 'defineProject, endpoint,')
  writeFileSync(file, config.trimEnd().replace(/\}\)$/, READING))
  server = await started('0')
})
afterEach(async () => {
  await server.stop()
  project.remove()
})

async function started(port: string): Promise<Run> {
  const run = new Run(['start', '--port', port, '--json'], { folder: project.folder })
  await run.says('"ready"')
  return run
}

function readyOf(run: Run): { readonly console: string; readonly pid: number } {
  return JSON.parse(run.stdout.split('\n').find((line) => line.includes('"ready"')) ?? '{}') as { console: string; pid: number }
}

const urlOf = (run: Run): string => readyOf(run).console

test('a row is looked up, a model followed and an endpoint asked, over the command line and the client', async () => {
  const { folder } = project
  const client = createClient({ url: urlOf(server) })
  await expect.poll(() => client.get('open_orders', 3).catch(() => null), { timeout: 60_000 }).toMatchObject({ open_amount: '0.00' })
  const found = await runCli(['get', 'open_orders', '1', '--json'], { folder })
  expect([found.code, JSON.parse(found.stdout)]).toEqual([
    0,
    { order_id: 1, customer: 'Ada', amount: '120.00', paid: '100.00', open_amount: '20.00' },
  ])
  const missing = await runCli(['get', 'open_orders', '99'], { folder })
  expect([missing.code, missing.stdout]).toEqual([1, ''])
  const once = await runCli(['subscribe', 'open_orders', '--where', 'open_amount > 20', '--once', '--json'], { folder })
  const lines = once.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { operation: string; after: { order_id: number } | null })
  expect(lines.map(({ operation, after }) => [operation, after?.order_id])).toEqual([
    ['insert', 2],
    ['ready', undefined],
  ])
  const wrong = await runCli(['subscribe', 'open_orders', '--where', 'opne > 1', '--json'], { folder })
  expect(wrong.code).toBe(1)
  expect(wrong.stdout).toContain('READ_FILTER_INVALID')
  expect((await client.endpoint('owing', { least: 20 })).rows.map(({ order_id }) => order_id)).toEqual([2, 1])
  expect((await client.find('open_orders', { customer: 'Edsger' })).rows).toHaveLength(1)
  const detail = (await (await fetch(`${urlOf(server)}/api/models/open_orders`)).json()) as { subscribers: number }
  expect(detail.subscribers).toBe(0)
  expect(await (await fetch(`${urlOf(server)}/metrics`)).text()).toContain('millrace_subscribers{model="open_orders"} 0')
})

test('a client goes on where it was when the process is killed and started again', async () => {
  const url = urlOf(server)
  const stop = new AbortController()
  const told: (readonly [string, unknown])[] = []
  const done = (async () => {
    for await (const { operation, before, after } of createClient({ url }).subscribe('open_orders', { signal: stop.signal })) {
      told.push([operation, (after ?? before)?.['order_id']])
    }
  })()
  const rowsTold = (): unknown[] => told.filter(([operation]) => operation === 'insert').map(([, id]) => id)
  await expect.poll(() => rowsTold().length, { timeout: 60_000 }).toBe(3)
  process.kill(readyOf(server).pid, 'SIGKILL')
  await server.finished
  writeFileSync(join(project.folder, 'inbox/orders-2026-11-22.csv'), 'id,customer,ordered_on,amount\n4,Barbara,2026-11-22,42.00\n')
  server = await started(new URL(url).port)
  await expect.poll(() => rowsTold().length, { timeout: 60_000 }).toBe(4)
  expect(new Set(rowsTold())).toEqual(new Set([1, 2, 3, 4]))
  expect(told.filter(([operation]) => operation === 'truncate')).toEqual([])
  stop.abort()
  await done
})

test('what is wrong in the declaration of an endpoint is told by its place before anything starts', async () => {
  const file = join(project.folder, 'millrace.config.ts')
  writeFileSync(file, readFileSync(file, 'utf8').replace('>= $least', '>= $most'))
  const { code, stdout } = await runCli(['check', '--json'], { folder: project.folder })
  expect(code).toBe(4)
  expect(stdout).toContain('endpoints.owing.where')
  expect(stdout).toContain('$most is no parameter')
})
