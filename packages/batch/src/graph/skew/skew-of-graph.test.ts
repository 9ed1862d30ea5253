import { systemClock } from '@millrace/base'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { GraphGround } from '../testing/graph-ground.ts'
import type { GraphSkew } from './graph-skew.ts'
import { type GraphSkewRequest, skewOfGraph } from './skew-of-graph.ts'
import { type PublishedSkew, skewOfPublished } from './skew-of-published.ts'

const SHARDS = 16
const signal = new AbortController().signal
let ground: GraphGround

/** Half of the 40,000 sales are of customer 7, and 100 visits of 20,000; the rest is spread. */
beforeEach(async () => {
  ground = new GraphGround()
  ground
    .model('sales', 'select i as id, case when i % 2 = 0 then 7 else i % 20000 end as customer, i % 13001 as shop from range(40000) t(i)')
    .model('visits', 'select i as page, case when i < 100 then 7 else i end as visitor from range(20000) t(i)')
    .model('customers', 'select i as id, i % 3 as kind from range(20000) t(i)')
})

afterEach(() => ground.remove())

async function skew(wish: Partial<GraphSkewRequest> = {}): Promise<GraphSkew> {
  const place = await ground.place()
  return skewOfGraph({ ...place, engine: 'postgres', shards: SHARDS, top: 2, clock: systemClock, signal, ...wish })
}

async function published(...names: readonly string[]): Promise<PublishedSkew[]> {
  const place = await ground.place()
  const asked = { engine: 'postgres', shards: SHARDS, top: 2, keys: undefined, signal, names } as const
  const told: PublishedSkew[] = []
  for await (const each of skewOfPublished({ ...place, ...asked })) told.push(each)
  return told
}

/** As if the model had taken so long in its last runs. */
function took(model: string, seconds: number): void {
  for (let run = 1001; run <= 1020; run += 1) {
    const figures = { rowsRead: 1, rows: 1, bytes: 1, memory: 1, spilled: 0, attempts: 1 }
    ground.catalog.steps.add({
      run,
      model,
      outcome: 'computed',
      startedMs: 0,
      seconds,
      predicted: null,
      ...figures,
      problem: null,
      inputs: [],
    })
  }
}

test('a frequent value is found through a join of two models, with whom it makes late, and what a salt makes of that', async () => {
  ground
    .model('meetings', 'select s.id, v.page from sales s join visits v on s.customer = v.visitor')
    .model('by_shop', 'select shop, count(*) as n from sales group by shop')
  await ground.run()
  took('meetings', 160)
  took('by_shop', 1000)
  const { keys, slowed, measured, even, leftOut } = await skew()
  expect(keys.map(({ relation, columns }) => `${relation} by ${columns.join()}`)).toEqual(['sales by customer'])
  expect(keys[0]).toMatchObject({ rows: 40_000, hottest: [{ key: [7], rows: 20_002 }, {}], salt: { hot: 1, by: 'id' } })
  // 20,002 sales of customer 7 meet 100 visits; of the others each meets one at most.
  const [use] = keys[0]?.uses ?? []
  expect(use).toMatchObject({ model: 'meetings', does: 'join', with: { relation: 'visits', columns: ['visitor'] } })
  expect(use?.rowsOut).toBeGreaterThan(20_002 * 100)
  expect(use?.slowest.before).toBeGreaterThan(15)
  expect(use?.slowest.after).toBeLessThan(3)
  expect(use?.late.before.seconds).toBeCloseTo((((use?.slowest.before ?? 0) - 1) / SHARDS) * 160, 6)
  expect(slowed.map(({ model, seconds }) => [model, seconds])).toEqual([['meetings', 160]])
  // By shop and by visitor the rows lie evenly enough: the join is late by the key of the other side.
  expect({ measured, even, leftOut }).toEqual({ measured: 3, even: 2, leftOut: [] })
})

test('the key that makes models latest comes first, by the seconds that their runs took', async () => {
  ground
    .model('a', 'select customer, count(*) as n from sales group by customer')
    .model('other', 'select id, customer as buyer from sales')
    .model('b', 'select buyer, count(*) as n from other group by buyer')
  await ground.run()
  took('a', 10)
  took('b', 20)
  expect((await skew()).keys.map(({ relation }) => relation)).toEqual(['other', 'sales'])
  took('a', 30)
  const { keys, slowed } = await skew()
  expect(keys.map(({ relation }) => relation)).toEqual(['sales', 'other'])
  expect(slowed.map(({ model }) => model)).toEqual(['a', 'b'])
  expect(keys.map(({ madeOf }) => madeOf)).toEqual([null, { relation: 'sales', column: 'customer' }])
  // A group alone: its rows are those of the relation, and the slowest shard's work that of the fullest.
  const [use] = keys[0]?.uses ?? []
  expect(use?.late.before.rows).toBeCloseTo((((keys[0]?.slowest.before ?? 0) - 1) * 40_000) / SHARDS, 6)
})

test('a key that several models use is counted once, and each of them is told', async () => {
  for (const name of ['a', 'b', 'c']) ground.model(name, `select customer, count(*) as ${name} from sales group by customer`)
  await ground.run()
  const { keys, measured, uses } = await skew()
  expect({ measured, uses }).toEqual({ measured: 1, uses: 3 })
  expect(keys[0]?.uses.map(({ model }) => model).toSorted()).toEqual(['a', 'b', 'c'])
})

test('a salt is not told to help a window, whose rows must stay together', async () => {
  ground.model('a', 'select id, row_number() over (partition by customer order by id) as n from sales')
  await ground.run()
  const { keys } = await skew()
  expect(keys[0]?.salt).not.toBeNull()
  expect(keys[0]?.uses[0]?.slowest.after).toBe(keys[0]?.uses[0]?.slowest.before)
})

test('of a key that comes from elsewhere unchanged it is told from where', async () => {
  ground
    .seed('bought', `who\n${Array.from({ length: 40 }, (_, at) => `${at % 2}`).join('\n')}\n`)
    .model('wide', 'select i as id, who as customer from bought, range(1000) t(i)')
    .model('a', 'select customer, count(*) as n from wide group by customer')
  await ground.run()
  expect((await skew()).keys[0]).toMatchObject({ relation: 'wide', madeOf: { relation: 'bought', column: 'who' }, distinct: 2 })
})

test.each([
  ['small', { rowsLeast: 40_001 }, 40_000],
  ['no time', { secondsLimit: 0 }, 40_000],
] as const)('what is not counted is told with the reason: %s', async (why, wish, rows) => {
  ground.model('a', 'select customer, count(*) as n from sales group by customer')
  await ground.run()
  const { keys, leftOut } = await skew(wish)
  expect(keys).toEqual([])
  expect(leftOut).toEqual([{ relation: 'sales', columns: ['customer'], rows, why, problem: null }])
})

test('where time is short the keys of the models that took longest are counted', async () => {
  ground.model('a', 'select distinct customer from sales').model('b', 'select id, count(*) as n from customers group by id')
  await ground.run()
  // A second goes by with each look at the clock.
  const counted = async (): Promise<unknown> => {
    let ms = 0
    const clock = { ...systemClock, monotonicMs: () => (ms += 1000) }
    const { leftOut, measured } = await skew({ clock, secondsLimit: 2 })
    return [measured, ...leftOut.map(({ relation, why }) => `${relation}: ${why}`)]
  }
  took('a', 10)
  took('b', 20)
  expect(await counted()).toEqual([1, 'sales: no time'])
  took('a', 30)
  expect(await counted()).toEqual([1, 'customers: no time'])
})

test('a key that the models read now and that is not published yet is left out', async () => {
  ground.model('a', 'select customer, count(*) as n from sales group by customer')
  await ground.run()
  ground
    .model('sales', 'select i as id, i % 7 as client from range(40000) t(i)')
    .model('a', 'select client, count(*) as n from sales group by client')
  expect((await skew()).leftOut).toMatchObject([{ relation: 'sales', columns: ['client'], why: 'not published' }])
})

test('only selected models are looked at', async () => {
  ground.model('a', 'select customer, count(*) as n from sales group by customer').model('b', 'select distinct shop from sales')
  await ground.run()
  expect(await skew({ selected: new Set(['b']) })).toMatchObject({ models: 1, measured: 1, keys: [] })
})

test('where nothing was published yet it says what to do', async () => {
  await expect(skew()).rejects.toMatchObject({ code: 'ENVIRONMENT_UNKNOWN' })
})

test('a model is told as a stream is: its keys, its readers, and a salt of a column that differs within the key', async () => {
  ground
    .model('again', '-- @materialize view\nselect * from sales')
    .model('a', 'select s.id, c.kind from again s join customers c on c.id = s.customer')
  await ground.run()
  const [told] = await published('Sales')
  expect(told?.relation.name).toBe('sales')
  const byCustomer = told?.report.keys.filter(({ columns }) => columns.join() === 'customer') ?? []
  expect(byCustomer.map(({ salt }) => salt?.by ?? null)).toEqual(['id', null])
  expect(byCustomer[0]).toMatchObject({ serves: ['a'], hottest: [{ key: [7], rows: 20_002 }, {}] })
  expect(told?.report.uses).toMatchObject([{ model: 'a', does: 'join', with: { relation: 'customers' }, rowsOut: 40_000 }])
})

test('a model that is not published, and a name that nothing has, are told apart', async () => {
  await ground.run()
  ground.model('later', 'select * from sales')
  await expect(published('later')).rejects.toMatchObject({ code: 'MODEL_UNPUBLISHED', details: { model: 'later', environment: 'prod' } })
  await expect(published('saels')).rejects.toMatchObject({
    code: 'SELECTION_INVALID',
    details: { problem: expect.stringContaining("'sales'") as string },
  })
})
