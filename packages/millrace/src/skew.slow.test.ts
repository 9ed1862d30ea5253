/** `millrace skew` as its user meets it: over rows that a running project has captured. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Finished, makeProject, Run, runCli } from './testing/run-cli.ts'

const ROWS = 2000
const CSV = ['id,customer,shop', ...Array.from({ length: ROWS }, (_, at) => `${at},${at % 2 === 0 ? 'acme' : `c${at}`},${at % 7}`)]
let project: ReturnType<typeof makeProject>

beforeAll(async () => {
  project = makeProject({
    'inbox/orders.csv': `${CSV.join('\n')}\n`,
    'models/by_customer.sql': 'select customer, count(*) as n from inbox.orders group by customer',
    'models/sold.sql': '-- @materialize table\nselect customer, count(distinct shop) as shops from inbox.orders group by customer',
    'millrace.config.ts': `import { csv, defineProject, files } from 'millrace'
export default defineProject({ name: 'skew', server: { port: 0 }, sources: { inbox: files({ from: './inbox', streams: {
  orders: { files: 'orders.csv', key: ['id'], format: csv({ columns: { id: 'int64', customer: 'text', shop: 'int32' } }) } } }) } })
`,
  })
  const run = new Run(['start', '--json'], { folder: project.folder })
  await run.says('"event":"ready"')
  for (const began = performance.now(); performance.now() - began < 60_000;) {
    if ((await runCli(['query', 'select count(*) as n from inbox.orders', '--json'], project)).stdout.includes(`{"n":${ROWS}}`)) break
  }
  await run.stop()
})

afterAll(() => project.remove())

function skew(...words: readonly string[]): Promise<Finished> {
  return runCli(['skew', ...words], project)
}

test('names the value that fills a shard, whom it holds up, and what is better', async () => {
  const { code, stdout } = await skew('--json')
  expect(code).toBe(0)
  const reports = stdout
    .trim()
    .split('\n')
    .map(
      (line) =>
        JSON.parse(line) as {
          relation: string
          keys: { columns: string[]; salt: object | null; statements: string[]; hottest: object[] }[]
        },
    )
  expect(reports.map(({ relation }) => relation)).toEqual(['inbox.orders'])
  const byCustomer = reports[0]?.keys.find(({ columns, salt }) => columns.join() === 'customer' && salt === null)
  expect(byCustomer).toMatchObject({ distinct: 1001, serves: ['by_customer'] })
  expect(byCustomer?.hottest[0]).toEqual({ key: ['acme'], rows: 1000, share: 0.5 })
  expect(reports[0]?.keys[0]).toMatchObject({ columns: ['customer'], salt: { hot: 1, keys: [['acme']] } })
  expect(reports[0]?.keys[0]?.statements.join('\n')).toContain('PARTITION BY HASH (')
})

test('shows the same to people, and prints statements for each engine', async () => {
  const shown = await skew('inbox.orders')
  expect(shown.stdout).toMatch(/inbox\.orders +2,000 rows over 16 shards of postgres/)
  expect(shown.stdout).toMatch(/by_customer groups by customer: its slowest shard does \d/)
  expect((await skew('inbox.orders', '--engine', 'spark', '--statements')).stdout).toContain('REPARTITION(16, `customer`, salt)')
  expect((await skew('inbox.orders', '--engine', 'kafka', '--shards', '4', '--statements')).stdout).toContain('--partitions 4')
  expect((await skew('inbox.orders', '--engine', 'citus', '--statements')).stdout).toContain("alter_distributed_table('orders'")
  expect((await skew('inbox.orders', '--engine', 'redshift', '--key', 'id', '--statements')).stdout).toContain('DISTKEY "id"')
})

test('a stream that batch models read is told as their last run has read it, with the identity that it has', async () => {
  expect((await runCli(['run'], project)).code).toBe(0)
  const graph = JSON.parse((await skew('--graph', '--rows', '0', '--json')).stdout) as object
  expect(graph).toMatchObject({
    keys: [
      {
        relation: 'inbox.orders',
        rows: ROWS,
        hottest: [{ key: ['acme'], rows: 1000 }, {}, {}, {}, {}],
        salt: { by: 'id' },
        uses: [{ model: 'sold' }],
      },
    ],
  })
  const stream = JSON.parse((await skew('inbox.orders', '--env', 'prod', '--key', 'customer', '--json')).stdout) as object
  expect(stream).toMatchObject({ environment: 'prod', relation: 'inbox.orders', rows: ROWS, uses: [{ model: 'sold', does: 'group' }] })
})

test.each([
  [['inbox.nothing'], 1, 'STREAM_UNKNOWN'],
  [['inbox.orders', '--key', 'colour'], 64, "has no column 'colour'; it has id, customer, shop"],
  [['inbox.orders', '--engine', 'oracle'], 64, 'known are postgres, citus'],
  [['inbox.orders', '--shards', '1'], 64, '--shards takes a whole number from 2'],
])('%j is refused with the way out', async (words, code, problem) => {
  const refused = await skew(...words)
  expect(refused.stderr).toContain(problem)
  expect(refused.code).toBe(code)
})
