import { type Clock, systemClock } from '@millrace/base'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { GraphGround } from '../testing/graph-ground.ts'

let ground: GraphGround

beforeEach(() => {
  ground = new GraphGround().seed('sales', 'day,amount\n2026-03-01,1\n2026-03-02,5\n')
})

afterEach(() => ground.remove())

const at = (moment: string): Clock => ({ ...systemClock, nowMs: () => Date.parse(moment) })
const texts = async (sql: string): Promise<unknown[][]> => ground.rows(sql)
const MORNING = at('2026-03-02T08:00:00.250Z')
const NOON = at('2026-03-02T12:00:00Z')
const TOMORROW = at('2026-03-03T00:30:00Z')

test('what asks for the day is computed once a day, and what asks for the time with each run; nothing else is', async () => {
  ground
    .model('recent', 'select count(*) as n from sales where day >= current_date')
    .model('stamped', 'select now() as moment, n from plain')
    .model('behind', 'select max(moment) as moment from stamped')
    .model('plain', "select count(*) as n, 'now()' as text from sales")
  await ground.run({ clock: MORNING })
  expect(await texts('from recent')).toEqual([[1n]])
  expect(await ground.wouldMake({ clock: MORNING })).toEqual([])
  expect(await ground.wouldMake({ clock: NOON })).toEqual(['stamped', 'behind'])
  expect(await ground.wouldMake({ clock: TOMORROW })).toEqual(['recent', 'stamped', 'behind'])
  const { steps } = await ground.plan({ clock: TOMORROW })
  expect(['recent', 'stamped', 'behind'].map((name) => steps.get(name)?.why)).toEqual([
    'it asks for the day',
    'it asks for the time',
    'what it reads has changed: stamped',
  ])
  await ground.run({ clock: TOMORROW })
  expect(await texts('from recent')).toEqual([[0n]])
  expect(await texts('select cast(moment as varchar) from behind')).toEqual([['2026-03-03 00:30:00+00']])
})

test('all models of a run are told one moment, each function of it in its own type', async () => {
  ground
    .model(
      'times',
      'select now() as a, current_timestamp as b, transaction_timestamp() as c, localtimestamp as d, localtime as e from sales',
    )
    .model(
      'days',
      "select current_date as a, today() as b, age(timestamp '2026-03-01 06:00:00') as c, current_time as d, ago(interval 1 day) as e",
    )
    .model('unnamed', 'select now(), current_date, age(day) from sales')
    .model('ordered', 'select /*+ order(s, t) */ now() as moment from sales s join sales t on t.day = s.day')
    .model('own', '-- @budget memory_mb 100\nselect now() as moment')
  await ground.run({ clock: MORNING })
  const moment = '2026-03-02 08:00:00.25'
  const as = (table: string): string => `select distinct columns(*)::varchar from ${table}`
  expect(await texts(as('times'))).toEqual([[`${moment}+00`, `${moment}+00`, `${moment}+00`, moment, '08:00:00.25']])
  expect(await texts(as('days'))).toEqual([['2026-03-02', '2026-03-02', '18:00:00', '08:00:00.25+00', '2026-03-01 08:00:00.25+00']])
  expect(await texts('select column_name, column_type from (describe from unnamed)')).toEqual([
    ['now()', 'TIMESTAMP WITH TIME ZONE'],
    ['current_date', 'DATE'],
    ['age("day")', 'INTERVAL'],
  ])
  expect(await texts(as('ordered'))).toEqual([[`${moment}+00`]])
  expect(await texts(as('own'))).toEqual([[`${moment}+00`]])
})

test('through a view the time is asked for too', async () => {
  ground
    .model('open', '-- @materialize view\nselect *, current_date - day as days from sales')
    .model('oldest', 'select max(days) as days from open')
  await ground.run({ clock: MORNING })
  expect(await texts('from oldest')).toEqual([[1n]])
  await ground.run({ clock: TOMORROW })
  expect(await texts('from oldest')).toEqual([[2n]])
})

test('an interval of a model that asks for the day is as of the run', async () => {
  ground.model('ages', '-- @materialize incremental\n-- @interval day day\nselect day, current_date - day as days from sales')
  await ground.run({ clock: MORNING })
  await ground.run({ clock: TOMORROW })
  expect(await texts('select days from ages order by day')).toEqual([[2n], [1n]])
})

test('a run that goes on with a killed one tells its time: what that had finished is not repeated', async () => {
  ground
    .model('stamped', 'select now() as moment from sales')
    .model('second', 'select distinct moment from stamped')
    .model('third', 'select moment from second')
  const stopping = new AbortController()
  const onBegin = (name: string): void => {
    if (name === 'second') stopping.abort()
  }
  const { run, status } = await ground.run({ clock: MORNING, signal: stopping.signal, workers: 1, onBegin })
  expect(status).toBe('stopped')
  // As a process leaves it that was killed.
  ground.catalog.endRun(run ?? 0, 'running')
  const begun: string[] = []
  await ground.run({ clock: NOON, onBegin: (name) => begun.push(name) })
  expect([begun.includes('stamped'), begun.includes('third')]).toEqual([false, true])
  expect(await texts('select cast(moment as varchar) from third')).toEqual([['2026-03-02 08:00:00.25+00']])
})
