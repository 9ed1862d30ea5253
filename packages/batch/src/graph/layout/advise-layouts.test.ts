import { assert, systemClock } from '@millrace/base'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { GraphGround } from '../testing/graph-ground.ts'
import { type LayoutAdvice, adviseLayouts, bestOf } from './advise-layouts.ts'
import { bytesReadSoFar } from './bytes-read.ts'
import type { LayoutTrial } from './try-layout.ts'

let ground: GraphGround

/** Counts what is read instead of time, so that a busy machine changes nothing. */
const clock = { ...systemClock, monotonicMs: () => bytesReadSoFar() ?? 0 }
const ROWS = 250_000
/** Values that no order of the rows brings together. */
const SALES = `select i as id, 'r' || (hash(i) % 20) as region, (hash(i, 1) % 100000)::int as customer, (hash(i, 2) % 1000) / 7 as amount, hash(i, 3)::varchar as note from range(${ROWS}) t(i)`
const table = (sql: string, ...settings: readonly string[]): string =>
  ['materialize table', ...settings].map((setting) => `-- @${setting}\n`).join('') + sql

beforeEach(() => {
  ground = new GraphGround()
  ground.model('sales', table(SALES))
})

afterEach(() => ground.remove())

async function advised(options: { sampleRows?: number; secondsLimit?: number } = {}): Promise<LayoutAdvice> {
  const outcome = await ground.run()
  expect(outcome.errors).toEqual([])
  const { graph, catalog, folder, environment } = await ground.place()
  const signal = new AbortController().signal
  const [advice] = await adviseLayouts({ graph, catalog, folder, environment, selected: new Set(['sales']), clock, signal, ...options })
  expect(readdirSync(join(folder, 'spill')).filter((name) => name.startsWith('advise-'))).toEqual([])
  return advice as LayoutAdvice
}

test('readers of a few of many values are advised an order that lets them skip the rest', async () => {
  ground.model('asked', table('select id, note, amount from sales where customer = 4711'))
  const { verdict, best, touches } = await advised()
  expect(touches).toEqual([{ reader: 'asked', relation: 'sales', column: 'customer', how: 'equal' }])
  expect(verdict).toBe('better')
  expect(best?.layout).toEqual({ partitionBy: [], clusterBy: ['customer'] })
  expect(best?.after.seconds).toBeLessThan(best?.before.seconds ?? 0)
  expect(best?.after.bytesRead).toBeLessThan((best?.before.bytesRead ?? 0) / 4)
})

test('readers of one of a few values are advised to part by it, also where they read through a view', async () => {
  ground.model('seen', '-- @materialize view\nselect id, region, note, amount from sales')
  for (const region of ['r1', 'r2'])
    ground.model(`in_${region}`, table(`select sum(amount) as total, max(note) as note from seen where region = '${region}'`))
  const { best, tried } = await advised()
  expect(tried.map(({ layout }) => layout)).toContainEqual({ partitionBy: ['region'], clusterBy: [] })
  expect([...(best?.layout.partitionBy ?? []), ...(best?.layout.clusterBy ?? [])]).toContain('region')
  expect(best?.readers.map(({ reader }) => reader).sort()).toEqual(['in_r1', 'in_r2'])
})

test('what is advised is what a run makes, and then nothing is better', async () => {
  ground.model('asked', table('select sum(amount) as total, max(note) as note from sales where customer between 100 and 120'))
  expect((await advised()).best?.layout).toEqual({ partitionBy: [], clusterBy: ['customer'] })
  ground.model('sales', table(SALES, 'cluster_by customer'))
  expect((await advised()).verdict).toBe('as it should be')
})

test('readers of everything are advised nothing, whatever they compare', async () => {
  ground.model('asked', table('select region, sum(amount) as total, max(note) as note from sales where customer >= 0 group by region'))
  const { verdict, best, tried } = await advised()
  expect({ verdict, best }).toEqual({ verdict: 'as it should be', best: null })
  expect(tried.length).toBeGreaterThan(0)
})

test('nothing is tried where nobody asks for a part, or where there are few rows, or no time', async () => {
  ground.model('asked', table('select sum(amount) as total from sales'))
  expect(await advised()).toMatchObject({ verdict: 'unread', tried: [] })
  ground.model('asked', table('select sum(amount) as total from sales where id = 1'))
  expect(await advised({ secondsLimit: 0 })).toMatchObject({ verdict: 'not tried', tried: [] })
  ground.model('sales', table(SALES.replace(`${ROWS}`, '1000')))
  expect(await advised()).toMatchObject({ verdict: 'small', tried: [] })
})

test('a reader that cannot be run is told, and what was tried is removed', async () => {
  ground.model('asked', table('select note from sales where customer = 4711'))
  await advised({ secondsLimit: 0 })
  const place = await ground.place()
  const asked = place.graph.models.get('asked')
  assert(asked !== undefined, 'the model is checked')
  const sql = `select case when id >= 0 then error('too much') end as note from sales where customer = 4711`
  const models = new Map([...place.graph.models, ['asked', { ...asked, model: { ...asked.model, sql } }]])
  const signal = new AbortController().signal
  const [advice] = await adviseLayouts({ ...place, graph: { ...place.graph, models }, selected: new Set(['sales']), clock, signal })
  expect(advice).toMatchObject({ verdict: 'failed', best: null, problem: expect.stringContaining('too much') })
})

test('of a model of many rows a share is tried, before and after alike', async () => {
  ground.model('asked', table('select max(note) as note from sales where customer = 4711'))
  const { sampledPercent, best } = await advised({ sampleRows: ROWS / 2 })
  expect(sampledPercent).toBe(50)
  expect(best?.layout).toEqual({ partitionBy: [], clusterBy: ['customer'] })
})

test('the layout that saves most is the best, and one that saves too little is none', () => {
  const trial = (column: string, seconds: number, bytesRead: number): LayoutTrial => ({
    layout: { partitionBy: [], clusterBy: [column] },
    write: { seconds: 1, bytes: 1, files: 1 },
    readers: [],
    before: { seconds: 1, bytesRead: 100 },
    after: { seconds, bytesRead },
  })
  const name = (...tried: readonly LayoutTrial[]): string | undefined => bestOf(tried)?.layout.clusterBy[0]
  expect(name(trial('a', 0.5, 50), trial('b', 0.1, 10), trial('c', 0.11, 5))).toBe('c')
  expect(name(trial('a', 0.95, 10))).toBeUndefined()
  expect(name(trial('a', 0.1, 95))).toBeUndefined()
})
