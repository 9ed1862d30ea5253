import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { GraphGround, type RunWish } from '../testing/graph-ground.ts'

let ground: GraphGround

const SALES = ['2026-01-01 10:00:00,A,1', '2026-01-01 11:00:00,B,2', '2026-01-02 09:00:00,A,4', '2026-02-01 00:00:00,B,8']
const sales = (...rows: readonly string[]): string => ['ts,shop,amount', ...rows, ''].join('\n')
const BY_DAY = 'select ts::date as day, shop, sum(amount)::int as total from sales group by all'

const daily = (sql = BY_DAY, unit = 'day'): string => `-- @materialize incremental\n-- @interval day ${unit}\n${sql}`

beforeEach(() => {
  ground = new GraphGround()
  ground.seed('sales', sales(...SALES)).model('daily', daily())
})

afterEach(() => ground.remove())

/** How many intervals a run computed, of how many. */
async function computed(wish: RunWish = {}): Promise<[number, number]> {
  let told: [number, number] = [0, 0]
  const outcome = await ground.run({
    ...wish,
    onStep: ({ name, intervals }) => {
      if (name === 'daily' && intervals !== undefined) told = [intervals.computed, intervals.all]
    },
  })
  expect(outcome.errors).toEqual([])
  return told
}

async function isWhole(): Promise<void> {
  ground.model('whole', BY_DAY)
  await ground.run({ select: ['whole'] })
  expect(await ground.rows('from daily order by all')).toEqual(await ground.rows('from whole order by all'))
}

test('each interval is computed once; new rows and late ones compute those that they fall into', async () => {
  expect(await computed()).toEqual([3, 3])
  expect(await ground.rows('select day::varchar, shop, total from daily order by all')).toEqual([
    ['2026-01-01', 'A', 1],
    ['2026-01-01', 'B', 2],
    ['2026-01-02', 'A', 4],
    ['2026-02-01', 'B', 8],
  ])
  ground.seed('sales', sales(...SALES, '2026-02-02 00:00:00,A,16'))
  expect((await ground.plan()).steps.get('daily')?.intervals).toEqual({ known: 3 })
  expect(await computed()).toEqual([1, 4])
  expect((await ground.plan()).steps.get('daily')?.intervals).toBeNull()
  ground.seed('sales', sales(...SALES, '2026-02-02 00:00:00,A,16', '2026-01-01 23:59:59,C,32', '2025-12-31 00:00:00,A,64'))
  expect(await computed()).toEqual([2, 5])
  await isWhole()
})

test('rows in another order compute nothing, and an interval whose rows are gone is gone', async () => {
  await ground.run()
  ground.seed('sales', sales(...SALES.toReversed()))
  expect(await computed()).toEqual([0, 3])
  ground.seed('sales', sales(...SALES.slice(0, 2)))
  expect(await computed()).toEqual([0, 1])
  await isWhole()
  ground.seed('sales', sales('2026-03-03 00:00:00,Z,0')).model('daily', daily(`${BY_DAY} having sum(amount) > 0`))
  expect(await computed()).toEqual([1, 0])
  expect(await ground.rows('from daily')).toEqual([])
})

test('law 7: a version shares the files of the intervals that still hold', async () => {
  const files = (): string[] => readdirSync(join(ground.folder, 'versions/daily'))
  await ground.run()
  const before = files()
  ground.seed('sales', sales(...SALES, '2026-02-02 00:00:00,A,16'))
  const next = await ground.run()
  expect(files()).toHaveLength(before.length + 1)
  expect(files()).toEqual(expect.arrayContaining(before))
  ground.catalog.show('prod', (next.publication ?? 0) - 1)
  expect(await ground.rows('select count(*) from daily')).toEqual([[4n]])
  expect(ground.catalog.forget({ publications: 1, madeBeforeMs: Date.now() + 1000 })).toHaveLength(0)
  expect(await ground.rows('select count(*) from daily')).toEqual([[4n]])
})

test('an edit computes every interval anew, and one that is taken back none', async () => {
  await ground.run()
  ground.model('daily', daily(BY_DAY.replace('sum(', 'max(')))
  expect((await ground.plan()).steps.get('daily')?.intervals).toEqual({ known: 0 })
  expect(await computed()).toEqual([3, 3])
  ground.seed('sales', sales(...SALES, '2026-02-02 00:00:00,A,16')).model('daily', daily())
  expect(await computed()).toEqual([1, 4])
})

test('an input without the time is read by every interval', async () => {
  ground
    .seed('names', 'shop,name\nA,Anna\nB,Bob\n')
    .model(
      'daily',
      daily("select date_trunc('day', ts) as day, name, sum(amount)::int as total from sales join names using (shop) group by all"),
    )
  expect(await computed()).toEqual([3, 3])
  ground.seed('sales', sales(...SALES, '2026-01-02 00:00:00,A,16'))
  expect(await computed()).toEqual([1, 3])
  ground.seed('names', 'shop,name\nA,Ann\nB,Bob\n')
  expect(await computed()).toEqual([3, 3])
})

test('a model that states the order of its joins is kept in each way too', async () => {
  const sql = 'select /*+ order(b, a) */ a.ts::date as day, a.shop, a.amount from sales a, sales b where a.ts = b.ts'
  ground
    .model('daily', daily(sql))
    .model('over', `-- @materialize incremental\n-- @interval day day\n${sql.replace('a.ts = b.ts', 'a.amount = b.amount')}`)
    .model('keyed', `-- @materialize snapshot\n-- @key shop, amount\n${sql}`)
  expect(await computed()).toEqual([3, 3])
  for (const name of ['daily', 'over', 'keyed']) expect(await ground.rows(`select count(*) from ${name}`)).toEqual([[4n]])
})

test('what reaches over intervals is computed anew in all of them', async () => {
  ground.model('daily', daily('select ts::date as day, amount, sum(amount) over (order by ts)::int as so_far from sales'))
  await ground.run()
  ground.seed('sales', sales('2025-12-31 00:00:00,A,100', ...SALES))
  expect(await computed()).toEqual([4, 4])
  expect(await ground.rows('select so_far from daily order by all')).toEqual([[100], [101], [103], [107], [115]])
})

test('rows that come from no row of an input are found too', async () => {
  ground.model('daily', daily(`select * from (${BY_DAY}) union all select date '2030-05-05', 'none', 0`))
  expect(await computed()).toEqual([4, 4])
  expect(await ground.rows("select shop from daily where day > '2030-01-01'")).toEqual([['none']])
})

test.each([
  ['hour', 4],
  ['day', 3],
  ['month', 2],
])('an interval is of one %s', async (unit, intervals) => {
  for (const type of unit === 'hour' ? ['timestamp', 'timestamptz'] : ['timestamp', 'timestamptz', 'date']) {
    ground.seed('sales', sales(...SALES)).model('daily', daily(`select ts::${type} as day, shop from sales`, unit))
    expect(await computed()).toEqual([intervals, intervals])
    ground.seed('sales', sales(...SALES, '2026-02-01 00:30:00,Q,1'))
    expect(await computed()).toEqual([1, intervals])
    expect(await ground.rows('select count(*), count(distinct day) > 2 from daily')).toEqual([[5n, true]])
  }
})

test.each(['null::date', "'infinity'::date", "'10000-01-01'::date"])('a row without a usable time is refused: %s', async (time) => {
  await ground.run()
  ground.model('daily', daily(`select case when amount = 4 then ${time} else ts::date end as day, shop from sales`))
  const outcome = await ground.run()
  expect(outcome.errors).toMatchObject([
    { code: 'INTERVAL_UNKNOWN', details: { model: 'daily', file: 'models/daily.sql', column: 'day', rows: 1 } },
  ])
  expect(await ground.rows('select count(*) from daily')).toEqual([[4n]])
})

test('a model of too many intervals is refused', async () => {
  ground.model('daily', daily('select ts + to_hours(range) as day from sales, range(10000)', 'hour'))
  expect((await ground.run()).errors).toMatchObject([{ code: 'INTERVALS_TOO_MANY', details: { limit: 10_000 } }])
})

test('a run that is stopped repeats no interval that it finished', async () => {
  const days = Array.from({ length: 20 }, (_, day) => `2026-03-${String(day + 1).padStart(2, '0')} 00:00:00,A,1`)
  ground.seed('sales', sales(...days))
  const stop = new AbortController()
  const add = ground.catalog.intervals.add.bind(ground.catalog.intervals)
  let finished = 0
  ground.catalog.intervals.add = (...made) => {
    finished += 1
    if (finished === 5) stop.abort()
    return add(...made)
  }
  expect((await ground.run({ signal: stop.signal, workers: 1 })).status).toBe('stopped')
  expect(finished).toBe(5)
  expect(await computed()).toEqual([15, 20])
})

test('a window computes its intervals; of the others the version before is kept, if it means the same', async () => {
  const january = { from: '2026-01-02 00:00:00', to: '2026-02-01 00:00:00' }
  expect(await computed({ window: january })).toEqual([1, 1])
  expect(await computed()).toEqual([2, 3])
  // A late row outside of the window and one within.
  ground.seed('sales', sales(...SALES, '2026-01-01 00:00:00,Q,100', '2026-01-02 00:00:00,Q,100'))
  expect(await computed({ window: january })).toEqual([1, 3])
  expect(await ground.rows("select day::varchar from daily where shop = 'Q'")).toEqual([['2026-01-02']])
  expect(await computed()).toEqual([1, 3])
  await isWhole()
  ground.model('daily', daily(BY_DAY.replace('sum(', 'max(')))
  expect(await computed({ window: january })).toEqual([1, 1])
  expect(await computed()).toEqual([2, 3])
})
