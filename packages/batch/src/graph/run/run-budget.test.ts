/** Runaways: each is ended by DuckDB itself, not by a mock of it. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { GraphGround } from '../testing/graph-ground.ts'

let ground: GraphGround

beforeEach(() => {
  ground = new GraphGround()
  ground.seed('sales', 'day,shop,amount\n2026-01-01,A,1\n2026-01-02,A,2\n2026-01-03,B,5\n')
})

afterEach(() => ground.remove())

const ENDLESS = 'select count(*) as n from range(10000000000) a, range(1000) b where hash(a.range + b.range) = 3'

test.each([
  ['seconds', 'seconds 0.3', ENDLESS],
  ['seconds', 'seconds 0.3, memory_mb 64', ENDLESS],
  ['memory_mb', 'memory_mb 64', 'select list(range) as numbers from range(40000000)'],
  ['memory_mb', 'memory_mb 32, spill_mb 1', 'select range as n, hash(range) as h from range(20000000) order by h'],
  ['spill_mb', 'spill_mb 0', 'select range as n, hash(range) as h from range(20000000) order by h'],
  ['rows', 'rows 1000', 'select a.range as n from range(10000000000) a, range(1000) b'],
])('a model that goes over %s (%s) is ended, named, and holds up no other', async (budget, header, sql) => {
  ground.model('good', 'select count(*) as n from sales')
  await ground.run()
  ground
    .seed('sales', 'day,shop,amount\n2026-01-01,A,1\n')
    .model('runaway', `-- @budget ${header}\n${sql}`)
    .model('behind', 'select * from runaway')
    .model('beside', 'select max(amount) as most from sales')
  const outcome = await ground.run({ memoryMb: 64 })
  expect(outcome).toMatchObject({ status: 'failed', publication: null, skipped: ['behind'], computed: 3 })
  expect(outcome.errors).toMatchObject([{ code: 'MODEL_OVER_BUDGET', details: { model: 'runaway', file: 'models/runaway.sql', budget } }])
  expect(await ground.rows('from good')).toEqual([[3n]])
  expect(ground.catalog.steps.ofRun(outcome.run ?? 0).find(({ model }) => model === 'runaway')).toMatchObject({
    outcome: 'failed',
    attempts: 1,
  })
})

test('within its budgets a model is computed as it is without', async () => {
  const sql = 'select shop, sum(amount) as total from sales group by shop order by shop'
  ground
    .model('free', sql)
    .model('bound', `-- @budget seconds 600, memory_mb 64, rows 2, spill_mb 10\n${sql}`)
    .model('shown', '-- @materialize view\nselect total from bound')
    .model('own', '-- @budget memory_mb 64\nselect sum(total) as total from shown')
  expect(await ground.run()).toMatchObject({ status: 'published' })
  expect(await ground.rows('from bound')).toEqual(await ground.rows('from free'))
  expect(await ground.rows('from own')).toEqual([[8n]])
})

test('a budget of rows holds for the whole of a model that is kept by intervals or by key', async () => {
  ground
    .model('daily', '-- @materialize incremental\n-- @interval day day\n-- @budget rows 2\nselect day, shop from sales')
    .model('by_key', '-- @materialize incremental\n-- @key day\n-- @budget rows 2\nselect day, shop from sales')
  const outcome = await ground.run()
  expect(outcome.errors.map(({ code, details }) => `${code} ${details['model']} ${details['budget']}`).toSorted()).toEqual([
    'MODEL_OVER_BUDGET by_key rows',
    'MODEL_OVER_BUDGET daily rows',
  ])
  ground.seed('sales', 'day,shop,amount\n2026-01-01,A,1\n2026-01-02,A,2\n')
  expect(await ground.run()).toMatchObject({ status: 'published' })
  expect(await ground.rows('select count(*) from daily')).toEqual([[2n]])
})

test('a model by interval that takes too long is ended with all that work on it', async () => {
  const slow = `select day, shop, (${ENDLESS.replace('as n ', '')} and a.range > amount) as n from sales`
  ground.model('daily', `-- @materialize incremental\n-- @interval day day\n-- @budget seconds 0.3\n${slow}`)
  expect((await ground.run({ workers: 3 })).errors).toMatchObject([{ code: 'MODEL_OVER_BUDGET', details: { budget: 'seconds' } }])
})
