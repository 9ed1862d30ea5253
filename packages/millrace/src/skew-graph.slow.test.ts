/** `millrace skew` over batch models as its user meets it: after a run, of one model and of the whole graph. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Finished, makeProject, runCli } from './testing/run-cli.ts'

let project: ReturnType<typeof makeProject>

beforeAll(async () => {
  project = makeProject({
    'millrace.config.ts': "export default { name: 'skew', graph: { folders: { '.': { materialize: 'table' } } } }\n",
    'models/orders.sql': "select i as id, case when i % 2 = 0 then 'acme' else 'c' || i end as customer from range(20000) t(i)",
    'models/visits.sql': "select i as page, case when i < 50 then 'acme' else 'c' || i end as visitor from range(20000) t(i)",
    'models/both.sql': 'select count(*) as n from orders join visits on customer = visitor',
    'models/tiny.sql': 'select customer, count(*) as n from (from orders limit 100) group by customer',
    'models/of_tiny.sql': 'select customer, sum(n) as n from tiny group by customer',
  })
  await runCli(['run'], project)
})

afterAll(() => project.remove())

function skew(...words: readonly string[]): Promise<Finished> {
  return runCli(['skew', ...words], project)
}

test('the graph tells which key makes which model late, before and after a salt, and how to lay it', async () => {
  const { code, stdout } = await skew('--graph', '--json')
  expect(code).toBe(0)
  const told = JSON.parse(stdout) as { keys: { best: { statements: string[] } }[] }
  expect(told).toMatchObject({
    environment: 'prod',
    engine: 'postgres',
    shards: 16,
    keys: [
      {
        relation: 'orders',
        columns: ['customer'],
        hottest: [{ key: ['acme'], rows: 10_000, share: 0.5 }, {}, {}, {}, {}],
        salt: { by: 'id' },
        uses: [{ model: 'both', does: 'join', with: { relation: 'visits', columns: ['visitor'] }, rowsOut: 10_000 * 50 + 9975 }],
      },
    ],
    slowed: [{ model: 'both' }],
    leftOut: [{ relation: 'tiny', columns: ['customer'], why: 'small' }],
  })
  expect(told.keys[0]?.best.statements.join('\n')).toContain('PARTITION BY HASH (')
  const shown = await skew('--graph', 'both+')
  expect(shown.stdout).toMatch(/orders by customer +20,000 +acme 50 %/)
  expect(shown.stdout).toMatch(/both .* joins orders with visits by customer: 1\d\.\d → \d/)
  expect((await skew('--graph', '--statements', '--engine', 'spark')).stdout).toContain('REPARTITION(16, `')
})

test('a model is told from what an environment shows', async () => {
  const shown = await skew('orders', '--key', 'customer')
  expect(shown.stdout).toMatch(/orders +20,000 rows over 16 shards of postgres/)
  expect(shown.stdout).toMatch(/both joins visits by customer: its slowest shard does 1\d\.\d/)
  const { stdout } = await skew('orders', 'visits', '--json', '--env', 'prod')
  const reports = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object)
  expect(reports).toMatchObject([
    { environment: 'prod', relation: 'orders' },
    { environment: 'prod', relation: 'visits' },
  ])
  expect((await skew('orders', '--statements', '--engine', 'kafka')).stdout).toContain('--topic orders --partitions 16')
})

test.each([
  [['orders', '--env', 'elsewhere'], 64, 'ENVIRONMENT_UNKNOWN'],
  [['order', '--env', 'prod'], 64, "did you mean 'orders'"],
  [['orders', '--key', 'colour'], 64, "orders has no column 'colour'; it has id, customer"],
  [['--graph', '--env', 'elsewhere'], 64, 'ENVIRONMENT_UNKNOWN'],
  [['--graph', '--key', 'customer'], 64, '--graph takes the keys that models use'],
  [['--graph', 'nothing'], 64, 'SELECTION_INVALID'],
  [['--graph', '--rows', '-1'], 64, '--rows takes a number from 0'],
  [['--graph', '--seconds', '-1'], 64, '--seconds takes a number from 0'],
  [['--env', 'prod'], 64, '--env is for a model, or for --graph'],
])('%j is refused with the way out', async (words, code, problem) => {
  const refused = await skew(...words)
  expect(refused.stderr).toContain(problem)
  expect(refused.code).toBe(code)
})
