import { MillraceError, systemClock } from '@millrace/base'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { appendOf, batchOf, schemaOf, withStore, writeStream } from '../../testing/test-store.ts'
import { lockEnvironment } from '../catalog/environment-lock.ts'
import { GraphGround } from '../testing/graph-ground.ts'
import { runGraph } from './run-graph.ts'
import { showPublication } from './server-runs.ts'

const SALES = 'shop,amount\nA,1\nA,2\nB,5\n'

let ground: GraphGround

beforeEach(() => {
  ground = new GraphGround()
  ground
    .seed('sales', SALES)
    .model('by_shop', 'select shop, sum(amount) as total from sales group by shop')
    .model('doubled', '-- @materialize view\nselect shop, total * 2 as twice from by_shop')
    .model('best', 'select max(twice) as best from doubled')
    .model('count', 'select count(*) as n from sales')
})

afterEach(() => ground.remove())

const filesNow = (): string[] =>
  readdirSync(join(ground.folder, 'versions'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.parquet'))
    .toSorted()

test('a run computes everything once, and the next one nothing', async () => {
  const first = await ground.run()
  expect([first.status, first.computed]).toEqual(['published', 5])
  expect(await ground.rows('select * from by_shop order by shop')).toEqual([
    ['A', 3n],
    ['B', 5n],
  ])
  expect(await ground.rows('select best from best')).toEqual([[10n]])
  const second = await ground.run()
  expect([second.status, second.computed, second.publication]).toEqual(['unchanged', 0, first.publication])
})

test('an edit runs the model and those behind it; a comment runs nothing', async () => {
  await ground.run()
  ground.model('by_shop', '-- Per shop.\nselect s.shop, sum(s.amount) as total from sales s group by s.shop')
  expect(await ground.wouldMake()).toEqual([])
  ground.model('by_shop', "select shop, sum(amount) as total from sales where shop <> 'B' group by shop")
  expect(await ground.wouldMake()).toEqual(['by_shop', 'doubled', 'best'])
  const steps = (await ground.plan()).steps
  expect([...steps.values()].map(({ name, action, why }) => [name, action, why])).toEqual([
    ['sales', 'same', null],
    ['by_shop', 'run', 'its SQL means something else'],
    ['doubled', 'run', 'what it reads has changed: by_shop'],
    ['best', 'run', 'what it reads has changed: doubled'],
    ['count', 'same', null],
  ])
  await ground.run()
  expect(await ground.rows('select best from best')).toEqual([[6n]])
})

test('other rows in a seed run what reads it', async () => {
  await ground.run()
  ground.seed('sales', 'shop,amount\nA,1\nA,2\nB,50\n')
  expect((await ground.run()).computed).toBe(5)
  expect(await ground.rows('select best from best')).toEqual([[100n]])
})

test('a seed that is changed or taken away after the check is never published as what was checked', async () => {
  const count = async (): Promise<unknown> => (await ground.rows('select n from count'))[0]?.[0]
  const other = 'shop,amount\nA,1\nB,5\n'
  const changes = [
    () => ground.seed('sales', other),
    () => ground.seed('sales', 'shop\nA\n'),
    () => rmSync(join(ground.project, 'seeds/sales.csv')),
  ]
  for (const change of changes) {
    ground.seed('sales', SALES)
    const place = await ground.place()
    change()
    const outcome = await runGraph({ ...place, clock: systemClock, signal: new AbortController().signal })
    expect(outcome.errors).toMatchObject([{ code: 'SEED_CHANGED', details: { file: 'seeds/sales.csv' } }])
  }
  ground.seed('sales', SALES)
  await ground.run()
  expect(await count()).toBe(3n)
  ground.seed('sales', other)
  await ground.run()
  expect(await count()).toBe(2n)
})

test('law 7: a new environment shares every version, and an edit in it is seen nowhere else', async () => {
  await ground.run()
  const files = filesNow()
  expect(await ground.run({ env: 'dev' })).toMatchObject({ status: 'published', computed: 0 })
  expect(filesNow()).toEqual(files)
  ground.model('count', 'select count(*) + 1 as n from sales')
  await ground.run({ env: 'dev' })
  expect([await ground.rows('from count'), await ground.rows('from count', 'dev')]).toEqual([[[3n]], [[4n]]])
  expect(filesNow()).toHaveLength(files.length + 1)
})

test('an edit that is taken back finds its version again', async () => {
  await ground.run()
  ground.model('count', 'select count(*) + 1 as n from sales')
  await ground.run()
  ground.model('count', 'select count(*) as n from sales')
  expect(await ground.run()).toMatchObject({ status: 'published', computed: 0 })
  expect(await ground.rows('from count')).toEqual([[3n]])
})

test('law 7: a run in which a model fails publishes nothing; what was finished is not repeated', async () => {
  await ground.run()
  ground
    .seed('sales', 'shop,amount\nA,1\nB,7\n')
    .model('bad', 'select cast(shop as integer) as number from sales')
    .model('behind_bad', 'select * from bad')
  const failed = await ground.run()
  expect(failed).toMatchObject({ status: 'failed', publication: null, skipped: ['behind_bad'] })
  expect(failed.errors.map((error) => [error.code, error.details['model'], error.details['file']])).toEqual([
    ['MODEL_FAILED', 'bad', 'models/bad.sql'],
  ])
  expect(ground.catalog.failures(failed.run ?? 0)).toMatchObject([{ model: 'bad' }])
  expect(await ground.rows('select best from best')).toEqual([[10n]])
  ground.model('bad', 'select try_cast(shop as integer) as number from sales')
  expect(await ground.wouldMake()).toEqual(['bad', 'behind_bad'])
  await ground.run()
  expect(await ground.rows('select best from best')).toEqual([[14n]])
})

test('two runs at once in one environment are refused; in two they are not', async () => {
  const unlock = lockEnvironment(ground.folder, 'prod')
  await expect(ground.run()).rejects.toMatchObject({ code: 'RUN_IN_PROGRESS', details: { environment: 'prod' } })
  expect((await ground.run({ env: 'dev' })).status).toBe('published')
  unlock()
  expect((await ground.run()).status).toBe('published')
})

test('a selection runs what it names and what is missing before it, and leaves the rest as it is', async () => {
  expect((await ground.run({ select: ['best'] })).computed).toBe(4)
  await expect(ground.rows('from count')).rejects.toThrow('count')
  ground
    .model('by_shop', 'select shop, max(amount) as total from sales group by shop')
    .model('best', 'select min(twice) as best from doubled')
  expect(await ground.wouldMake({ select: ['best'] })).toEqual(['best'])
  await ground.run({ select: ['best'] })
  expect(await ground.rows('select best from best')).toEqual([[6n]])
})

test('a model that the project no longer has is no longer shown', async () => {
  await ground.run()
  ground.without('count')
  expect((await ground.plan()).gone).toEqual(['count'])
  await ground.run()
  await expect(ground.rows('from count')).rejects.toThrow('count')
})

test('an environment goes back to a publication that there was, and forth', async () => {
  const first = await ground.run()
  ground.model('count', 'select count(*) + 1 as n from sales')
  const second = await ground.run()
  ground.catalog.show('prod', first.publication ?? 0)
  expect(await ground.rows('from count')).toEqual([[3n]])
  ground.catalog.show('prod', second.publication ?? 0)
  expect(await ground.rows('from count')).toEqual([[4n]])
})

test('what is promoted is a publication of the environment too: runs follow it, and the way back leads to it and over it', async () => {
  const first = await ground.run()
  ground.model('count', 'select count(*) + 1 as n from sales')
  const dev = await ground.run({ env: 'dev' })
  const promote = async (from: number | null): Promise<number> =>
    showPublication({ catalog: ground.catalog, engines: [], environment: 'prod', publication: from ?? 0, isOfAnother: true })
  const promoted = await promote(dev.publication)
  expect(await promote(dev.publication)).toBe(promoted)
  ground.model('count', 'select count(*) + 2 as n from sales')
  const third = await ground.run()
  expect(await ground.rows('from count')).toEqual([[5n]])
  expect(ground.catalog.publications('prod', 9).map(({ id, previous }) => [id, previous])).toEqual([
    [third.publication, promoted],
    [promoted, first.publication],
    [first.publication, null],
  ])
  ground.catalog.show('prod', promoted)
  expect(await ground.rows('from count')).toEqual([[4n]])
})

test('nothing is promoted or taken back beside a run: it would publish the rest as it was when it began', async () => {
  const { publication } = await ground.run()
  const unlock = lockEnvironment(ground.folder, 'prod')
  const request = { catalog: ground.catalog, engines: [], environment: 'prod', publication: publication ?? 0, isOfAnother: false }
  await expect(showPublication(request)).rejects.toMatchObject({ code: 'RUN_IN_PROGRESS' })
  unlock()
  expect(await showPublication(request)).toBe(publication)
})

test('law 8: old publications and the files that only they named are removed', async () => {
  await ground.run()
  for (const [at, csv] of ['shop,amount\nA,1\n', 'shop,amount\nA,2\n', 'shop,amount\nA,3\n'].entries()) {
    ground.seed('sales', csv)
    await ground.run({ keepPublications: 2 })
    expect(ground.catalog.publications('prod', 10)).toHaveLength(Math.min(at + 2, 2))
  }
  const named = ground.catalog.publications('prod', 10).length
  expect(named).toBe(2)
  const gone = ground.catalog.forget({ publications: 1, madeBeforeMs: Date.now() + 1 })
  for (const file of gone) rmSync(join(ground.folder, file))
  expect(filesNow()).toHaveLength(4)
  expect(await ground.rows('select best from best')).toEqual([[6n]])
})

const UNION = 'union("a, b" varchar, c integer, d hugeint, e struct(f integer, g varchar))'
const UNIONS = ["'5'", '5', '6::hugeint', "{'f': 1, 'g': 'x'}", 'null'].map((value) => `${value}::${UNION}`)

test('a union comes back with the member that each value is of', async () => {
  const sql = UNIONS.map((value, at) => `select ${at} as place, ${value} as u`).join(' union all ')
  ground.model('unions', `${sql} union all select ${UNIONS.length}, union_value("a, b" := null::varchar)::${UNION}`)
  ground.model('single', 'select union_value(k := 5) as u')
  await ground.run()
  expect(await ground.rows('select union_tag(u)::varchar, u is null from unions order by place')).toEqual([
    ['a, b', false],
    ['c', false],
    ['d', false],
    ['e', false],
    [null, true],
    ['a, b', false],
  ])
  expect(await ground.rows('select typeof(u), u.k from single')).toEqual([['UNION(k INTEGER)', 5]])
})

test('every type comes back from a version as the SQL gave it', async () => {
  const values = [
    '170141183460469231731687303715884105727::hugeint',
    'interval 3 days + interval 7 microseconds',
    "'x'::enum('x', 'y''z')",
    "{'a b': 12::hugeint, 'HUGEINT': [1.5::decimal(4,1)]}",
    "'12:00:00+02'::timetz",
    "'1010'::bit",
    "'2024-02-29 12:34:56'::timestamp_s",
    '[1, 2, 3]::integer[3]',
    "map {'k': 1::hugeint}",
    '\'{"a": 1}\'::json',
    "'-0'::double",
    "'nan'::float",
    "'\\x00\\xFF'::blob",
    ...UNIONS,
    'null',
  ]
  const sql = `select ${values.map((value, at) => `${value} as c${at}`).join(', ')}`
  ground.model('values_of_all', sql)
  await ground.run()
  const shown = values.map((_, at) => `typeof(c${at}), c${at}::varchar`).join(', ')
  const [read] = await ground.rows(`select ${shown} from values_of_all`)
  ground.model('direct', `select ${shown} from (${sql.replace('null as', 'null::integer as')})`)
  await ground.run()
  const [direct] = await ground.rows('from direct')
  expect(read).toEqual(direct)
})

test('streams of the log are read at one position, and run again only when they have grown', async () => {
  await withStore(async (store, reader) => {
    const schema = schemaOf({ id: { kind: 'int32' }, note: { kind: 'text' } }, ['id'])
    await writeStream(store, { name: 'shop.a', schema }, [
      { operation: 'insert', after: [1, 'x'] },
      { operation: 'insert', after: [2, 'y'] },
    ])
    ground.streams({ name: 'shop.a', schema }).model('notes', 'select count(*) as n from shop.a')
    expect((await ground.run({ reader })).status).toBe('published')
    expect(await ground.rows('from notes')).toEqual([[2n]])
    expect((await ground.run({ reader })).status).toBe('unchanged')
    await store.commit({ appends: [appendOf('shop.a', batchOf(schema, [{ operation: 'insert', after: [3, 'z'] }], { transaction: 9 }))] })
    expect(await ground.wouldMake({ reader })).toEqual(['shop.a', 'notes'])
    await ground.run({ reader })
    expect(await ground.rows('from notes')).toEqual([[3n]])
  })
})

test('new rows of a stream compute the interval that they fall into', async () => {
  await withStore(async (store, reader) => {
    const schema = schemaOf({ id: { kind: 'int32' }, day: { kind: 'text' } }, ['id'])
    const days = ['2026-01-01', '2026-01-02', '2026-01-03']
    await writeStream(
      store,
      { name: 'shop.a', schema },
      days.map((day, id) => ({ operation: 'insert', after: [id, day] })),
    )
    ground
      .streams({ name: 'shop.a', schema })
      .model('dated', '-- @materialize view\nselect id, day::date as day from shop.a')
      .model('daily', '-- @materialize incremental\n-- @interval day day\nselect day, count(*) as n from dated group by day')
    const computed: unknown[] = []
    const onStep = ({ name, intervals }: { name: string; intervals?: unknown }): unknown => name === 'daily' && computed.push(intervals)
    await ground.run({ reader, onStep })
    const late = batchOf(schema, [{ operation: 'insert', after: [9, '2026-01-02'] }], { transaction: 9 })
    await store.commit({ appends: [appendOf('shop.a', late)] })
    await ground.run({ reader, onStep })
    expect(computed).toEqual([
      { computed: 3, all: 3 },
      { computed: 1, all: 3 },
    ])
    expect(await ground.rows('select n from daily order by day')).toEqual([[1n], [2n], [1n]])
  })
})

test('a run that is stopped says so, and the next one goes on with it', async () => {
  const stop = new AbortController()
  let begun = 0
  const onBegin = (): void => {
    begun += 1
    if (begun === 2) stop.abort()
  }
  const stopped = await ground.run({ signal: stop.signal, workers: 1, onBegin })
  expect(stopped).toMatchObject({ status: 'stopped', publication: null })
  // The second may still end, if it is quicker than the interruption.
  expect([1, 2]).toContain(stopped.computed)
  expect(begun).toBe(2)
  expect(await ground.run()).toMatchObject({ status: 'published', computed: 5 - stopped.computed })
})

test('a model cannot read or write files of its own', async () => {
  ground.model('thief', "select * from read_csv('/etc/hostname')")
  await expect(ground.run()).rejects.toBeInstanceOf(MillraceError)
})
