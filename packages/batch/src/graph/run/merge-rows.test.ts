import { systemClock } from '@millrace/base'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { GraphGround } from '../testing/graph-ground.ts'

let ground: GraphGround

const prices = (...rows: readonly string[]): string => ['article,country,price', ...rows, ''].join('\n')
const BY_KEY = '-- @materialize incremental\n-- @key article, country\nselect article, country, price from prices'
const HISTORY = BY_KEY.replace('incremental', 'snapshot')

beforeEach(() => {
  ground = new GraphGround()
})

afterEach(() => ground.remove())

const kept = async (env?: string): Promise<unknown[][]> => ground.rows('select article, country, price from kept order by all', env)

async function computes(): Promise<number> {
  const outcome = await ground.run()
  expect(outcome.errors).toEqual([])
  return outcome.computed
}

test('rows are merged by key: new ones come, others are replaced, and what the SQL yields no longer stays', async () => {
  ground.seed('prices', prices('1,DE,10', '1,FR,11', '2,DE,20')).model('kept', BY_KEY)
  await computes()
  ground.seed('prices', prices('1,DE,15', '3,DE,30'))
  await computes()
  const merged = [
    [1n, 'DE', 15n],
    [1n, 'FR', 11n],
    [2n, 'DE', 20n],
    [3n, 'DE', 30n],
  ]
  expect(await kept()).toEqual(merged)
  expect(await computes()).toBe(0)
  ground.seed('prices', prices('1,DE,16'))
  await computes()
  expect(await kept()).toEqual([[1n, 'DE', 16n], ...merged.slice(1)])
})

test('a key may stand anywhere among the columns', async () => {
  for (const materialize of ['incremental', 'snapshot']) {
    const sql = `-- @materialize ${materialize}\n-- @key country, article\nselect price, article, country, price * 2 as twice from prices`
    ground.seed('prices', prices('1,DE,10', '2,FR,20')).model(materialize, sql)
    await computes()
    ground.seed('prices', prices('1,DE,11'))
    await computes()
  }
  expect(await ground.rows('select price, article, country, twice::int from incremental order by all')).toEqual([
    [11n, 1n, 'DE', 22],
    [20n, 2n, 'FR', 40],
  ])
  expect(await ground.rows('select price, article, country, twice::int, valid_to is null from snapshot order by all')).toEqual([
    [10n, 1n, 'DE', 20, false],
    [11n, 1n, 'DE', 22, true],
    [20n, 2n, 'FR', 40, false],
  ])
})

test('law 7: a publication before shows the rows before, and a run from there merges into them', async () => {
  ground.seed('prices', prices('1,DE,10')).model('kept', BY_KEY)
  const first = await ground.run()
  ground.seed('prices', prices('2,DE,20'))
  await computes()
  ground.catalog.show('prod', first.publication ?? 0)
  expect(await kept()).toEqual([[1n, 'DE', 10n]])
  ground.seed('prices', prices('3,DE,30'))
  await computes()
  expect(await kept()).toEqual([
    [1n, 'DE', 10n],
    [3n, 'DE', 30n],
  ])
})

test('an edit computes rows by key anew, and another environment takes what is merged already', async () => {
  ground.seed('prices', prices('1,DE,10')).model('kept', BY_KEY)
  await computes()
  ground.seed('prices', prices('2,DE,20'))
  await computes()
  expect((await ground.run({ env: 'dev' })).computed).toBe(0)
  expect(await kept('dev')).toEqual(await kept())
  ground.model('kept', BY_KEY.replace('price from', 'price + 1 as price from'))
  await computes()
  expect(await kept()).toEqual([[2n, 'DE', 21n]])
})

test.each([
  ['KEY_NULL', { rows: 1 }, ['1,,10']],
  ['KEY_NOT_UNIQUE', { keys: 1 }, ['1,DE,10', '1,DE,11', '1,FR,1']],
] as const)('a key that does not identify a row is refused, and what is published stays: %s', async (code, details, rows) => {
  for (const sql of [BY_KEY, HISTORY]) {
    ground.seed('prices', prices('1,DE,10')).model('kept', sql)
    await computes()
    ground.seed('prices', prices(...rows))
    const { status, errors } = await ground.run()
    expect(status).toBe('failed')
    expect(errors).toMatchObject([{ code, details: { model: 'kept', file: 'models/kept.sql', key: 'article, country', ...details } }])
    expect(await kept()).toEqual([[1n, 'DE', 10n]])
    ground.seed('prices', prices('1,DE,10')).without('kept')
    await ground.run()
  }
})

/** Each row with the places of its times among all times of the table. */
async function history(): Promise<unknown[][]> {
  const times = 'select array_agg(distinct t order by t) from (select unnest([valid_from, valid_to]) as t from kept) where t is not null'
  const place = (column: string): string => `list_position((${times}), ${column})`
  return ground.rows(`select article, price, ${place('valid_from')}, ${place('valid_to')} from kept order by all`)
}

test('a snapshot keeps since when and until when each row was so', async () => {
  ground.seed('prices', prices('1,DE,10', '2,DE,20', '3,DE,')).model('kept', HISTORY)
  const before = Date.now()
  await computes()
  const [[from] = []] = await ground.rows('select min(epoch_ms(valid_from)) from kept')
  expect(Number(from)).toBeGreaterThanOrEqual(before)
  expect(Number(from)).toBeLessThanOrEqual(Date.now())
  ground.seed('prices', prices('1,DE,11', '3,DE,', '4,DE,40'))
  await computes()
  const second = [
    [1n, 10n, 1, 2],
    [1n, 11n, 2, null],
    [2n, 20n, 1, 2],
    [3n, null, 1, null],
    [4n, 40n, 2, null],
  ]
  expect(await history()).toEqual(second)
  expect(await computes()).toBe(0)
  // Other rows that are the same rows: nothing is added.
  ground.seed('prices', prices('4,DE,40', '3,DE,', '1,DE,11'))
  await computes()
  expect(await history()).toEqual(second)
  // A key comes back, and a value too.
  ground.seed('prices', prices('1,DE,10', '2,DE,20', '3,DE,', '4,DE,40'))
  await computes()
  expect(await history()).toEqual([
    [1n, 10n, 1, 2],
    [1n, 10n, 3, null],
    [1n, 11n, 2, 3],
    [2n, 20n, 1, 2],
    [2n, 20n, 3, null],
    [3n, null, 1, null],
    [4n, 40n, 2, null],
  ])
})

test('a history goes on when its SQL is edited, and is not lost when its columns change', async () => {
  ground.seed('prices', prices('1,DE,10')).model('kept', HISTORY)
  await computes()
  ground.model('kept', `${HISTORY} where price > 10`)
  await computes()
  expect(await history()).toEqual([[1n, 10n, 1, 2]])
  ground.model('kept', HISTORY.replace('price from', 'price, 1 as more from'))
  expect((await ground.run()).errors).toMatchObject([
    { code: 'HISTORY_COLUMNS_CHANGED', details: { model: 'kept', file: 'models/kept.sql' } },
  ])
  expect(await history()).toEqual([[1n, 10n, 1, 2]])
})

test('a run whose clock is behind its history is refused: no row could have been so until before it was', async () => {
  ground.seed('prices', prices('1,DE,10')).model('kept', HISTORY)
  await computes()
  ground.seed('prices', prices('1,DE,11'))
  const clock = { ...systemClock, nowMs: () => Date.now() - 3_600_000 }
  expect((await ground.run({ clock })).errors).toMatchObject([{ code: 'HISTORY_TIME_PASSED', details: { model: 'kept' } }])
  expect(await kept()).toEqual([[1n, 'DE', 10n]])
})

test('a snapshot that was finished in a run that was stopped is not added to twice, and has one time', async () => {
  ground
    .seed('prices', prices('1,DE,10'))
    .model('kept', HISTORY)
    .model('behind', 'select * from kept')
    .model('last', 'select * from behind')
  const stop = new AbortController()
  const onBegin = (name: string): void => {
    if (name === 'behind') stop.abort()
  }
  expect((await ground.run({ signal: stop.signal, onBegin, workers: 1 })).status).toBe('stopped')
  const begun = ground.catalog.runs(1)[0]?.startedMs
  // What it was stopped in may still have ended.
  expect([1, 2]).toContain(await computes())
  expect(await ground.rows('select epoch_ms(valid_from), valid_to from kept')).toEqual([[BigInt(Math.floor(begun ?? 0)), null]])
})
