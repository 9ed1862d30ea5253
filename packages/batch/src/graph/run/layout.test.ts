import { systemClock } from '@millrace/base'
import type { DuckDBConnection } from '@duckdb/node-api'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { GraphGround } from '../testing/graph-ground.ts'
import { openRunEngine } from './run-engine.ts'
import { runGraph } from './run-graph.ts'
import { writeRows } from './write-rows.ts'

let ground: GraphGround

const ORDERS = ['1,eu,2026-01-01,10', '2,us,2026-01-01,20', '3,eu,2026-01-02,30', '4,,2026-01-02,40']
const orders = (...rows: readonly string[]): string => ['id,region,day,amount', ...rows, ''].join('\n')
const header = (...settings: readonly string[]): string => settings.map((setting) => `-- @${setting}\n`).join('')
const ALL = 'select id, region, day, amount from orders'
const laid = (layout: readonly string[], sql = ALL): string => `${header('materialize table', ...layout)}${sql}`
const TOTAL = `${header('materialize table')}select region, sum(amount)::int as total from laid group by region`

beforeEach(() => {
  ground = new GraphGround()
  ground
    .seed('orders', orders(...ORDERS))
    .model('plain', laid([]))
    .model('total', TOTAL)
})

afterEach(() => ground.remove())

async function made(names?: readonly string[]): Promise<string[]> {
  const told: string[] = []
  const outcome = await ground.run({ onStep: ({ name }) => told.push(name), ...(names === undefined ? {} : { select: names }) })
  expect(outcome.errors).toEqual([])
  return told.sort()
}

function filesOf(model: string): readonly string[] {
  const content = ground.catalog.published('prod').get(model)?.content
  return content?.kind === 'files' ? content.files : []
}

async function readsAlike(): Promise<void> {
  expect(await ground.rows('from laid order by all')).toEqual(await ground.rows('from plain order by all'))
  expect(await ground.rows('select typeof(columns(*)) from laid limit 1')).toEqual(
    await ground.rows('select typeof(columns(*)) from plain limit 1'),
  )
}

test('a partitioned version has a folder for each value, and its readers see the same rows', async () => {
  ground.model('laid', laid(['partition_by region, day', 'cluster_by id']))
  await made()
  await readsAlike()
  const folders = filesOf('laid').map((file) => file.split('/').slice(3).join('/'))
  expect(folders).toEqual([
    'region=eu/day=2026-01-01/part.parquet',
    'region=eu/day=2026-01-02/part.parquet',
    'region=us/day=2026-01-01/part.parquet',
    'other-3/part.parquet',
  ])
  expect(await ground.rows('from total order by all')).toEqual([
    ['eu', 40],
    ['us', 20],
    [null, 40],
  ])
})

test('who asks for one value opens only its files', async () => {
  ground.model('laid', laid(['partition_by region']))
  await made()
  const explained = async (where: string): Promise<string> =>
    String((await ground.rows(`EXPLAIN (ANALYZE, FORMAT JSON) select id from laid where ${where}`))[0]?.[1])
  expect(await explained(`region = 'eu'`)).toContain('"Scanning Files": "1/2"')
  expect(await explained(`id = 1`)).not.toContain('Scanning Files')
})

test('values that no folder can be named for are read back as they are', async () => {
  const odd = [
    `''`,
    `'null'`,
    `'NULL'`,
    `'__HIVE_DEFAULT_PARTITION__'`,
    `NULL`,
    `'a/b=c'`,
    `'..'`,
    `'a%20b'`,
    `'a b+c'`,
    `'*[x]?'`,
    `'é€😀'`,
    `repeat('long', 100)`,
    `chr(10)`,
    `'it''s'`,
    `'A'`,
    `'a'`,
    `'a '`,
    `chr(0)`,
  ]
  const sql = `select v as region, v is null as none from (values ${odd.map((value) => `(${value})`).join(', ')}) t(v)`
  ground
    .model('laid', laid(['partition_by region, none'], sql))
    .model('plain', laid([], sql))
    .without('total')
  await made()
  await readsAlike()
  expect(await ground.rows(`select count(*)::int from laid where region = 'null' or region = 'a/b=c' or region is null`)).toEqual([[3]])
})

test('numbers and dates part rows too, and a version without rows has its columns', async () => {
  const sql = `select i::utinyint as small, -i::bigint as big, date '2026-01-01' - i::int * 400000 as day, i from range(5) t(i)`
  ground
    .model('laid', laid(['partition_by small, big, day'], sql))
    .model('plain', laid([], sql))
    .without('total')
  await made()
  await readsAlike()
  ground.model('laid', laid(['partition_by small'], `${sql} where false`))
  await made()
  expect(await ground.rows('select * from laid')).toEqual([])
  expect(await ground.rows('select column_name from (describe laid)')).toEqual([['small'], ['big'], ['day'], ['i']])
})

test('rows lie in the order of a clustered version, also where the SQL says another', async () => {
  ground.model('laid', laid(['cluster_by amount, id'], `${ALL} order by id desc`)).model('plain', laid([], `${ALL} order by id desc`))
  await made()
  expect(await ground.rows('select id::int from laid')).toEqual([[1], [2], [3], [4]])
  await readsAlike()
})

test('another layout is laid from the rows that are there, and computes no reader', async () => {
  ground.model('laid', laid([]))
  expect(await made()).toContain('total')
  const before = ground.catalog.published('prod')
  ground.model('laid', laid(['partition_by region']))
  expect((await ground.plan()).steps.get('laid')?.why).toBe('its layout is another')
  expect(await made()).toEqual(['laid'])
  await readsAlike()
  const after = ground.catalog.published('prod')
  expect(after.get('total')?.id).toBe(before.get('total')?.id)
  expect(after.get('laid')?.id).not.toBe(before.get('laid')?.id)
  ground.model('laid', laid([]))
  expect(await made()).toEqual([])
  expect(ground.catalog.published('prod').get('laid')?.id).toBe(before.get('laid')?.id)
})

test('other environments share a layout, and going back shows the files that were', async () => {
  ground.model('laid', laid(['partition_by region']))
  await made()
  const first = ground.catalog.current('prod') as number
  expect((await ground.run({ env: 'dev' })).computed).toBe(0)
  expect(await ground.rows('from laid order by all', 'dev')).toEqual(await ground.rows('from laid order by all'))
  const old = filesOf('laid')
  ground.seed('orders', orders(...ORDERS, '5,ap,2026-01-03,50'))
  await made()
  expect(filesOf('laid')).toHaveLength(4)
  ground.catalog.show('prod', first)
  expect(filesOf('laid')).toEqual(old)
  expect(await ground.rows(`select count(*)::int from laid`)).toEqual([[4]])
})

test('what no publication names any more is removed, with its folders', async () => {
  ground.model('laid', laid(['partition_by region']))
  await made()
  const [file = ''] = filesOf('laid')
  const folder = file.split('/').slice(0, 3).join('/')
  expect(existsSync(join(ground.folder, folder))).toBe(true)
  ground.seed('orders', orders(...ORDERS, '5,ap,2026-01-03,50'))
  const inAYear = { ...systemClock, nowMs: () => Date.now() + 366 * 24 * 3_600_000 }
  await runGraph({ ...(await ground.place()), keepPublications: 1, clock: inAYear, signal: new AbortController().signal })
  expect(existsSync(join(ground.folder, folder))).toBe(false)
  await readsAlike()
})

test('of a run that was killed nothing is left but what it finished', async () => {
  ground.model('laid', laid(['partition_by region']))
  await made()
  const killed = ground.catalog.beginRun({ environment: 'prod', cut: 0, streams: {}, planned: 1, resumes: null })
  const folder = join(ground.folder, `versions/laid/${killed}-abc/region=eu`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'part.parquet'), 'half')
  await made()
  expect(readdirSync(join(ground.folder, 'versions/laid')).filter((name) => name.startsWith(`${killed}-`))).toEqual([])
  await readsAlike()
})

test('an interval is a set of files, of which other intervals rewrite none', async () => {
  const daily = `${header('materialize incremental', 'interval day day', 'partition_by region', 'cluster_by id')}${ALL}`
  ground.model('laid', daily)
  await made()
  await readsAlike()
  const before = filesOf('laid')
  expect(before).toHaveLength(4)
  ground.seed('orders', orders(...ORDERS, '5,eu,2026-01-02,50'))
  await made()
  await readsAlike()
  const after = filesOf('laid')
  expect(after.filter((file) => before.includes(file)).map((file) => file.split('/').at(-2))).toEqual(['region=eu', 'region=us'])
  expect(after).toHaveLength(4)
})

test('rows by key and histories are laid out, and go on in another layout', async () => {
  const keyed = (...layout: readonly string[]): string => `${header('materialize incremental', 'key id', ...layout)}${ALL}`
  const history = (...layout: readonly string[]): string => `${header('materialize snapshot', 'key id', ...layout)}${ALL}`
  ground.model('laid', keyed('partition_by region')).model('past', history('partition_by day'))
  await made()
  ground.seed('orders', orders('1,us,2026-01-01,11', '5,ap,2026-01-03,50'))
  await made(['laid', 'past'])
  const merged = [
    [1, 'us', 11],
    [2, 'us', 20],
    [3, 'eu', 30],
    [4, null, 40],
    [5, 'ap', 50],
  ]
  const rows = (): Promise<unknown[][]> => ground.rows('select id::int, region, amount::int from laid order by id')
  const past = await ground.rows('select * from past order by all')
  expect(past).toHaveLength(6)
  expect(await rows()).toEqual(merged)
  ground.model('laid', keyed('cluster_by amount')).model('past', history('cluster_by valid_from, id'))
  expect(await made(['laid', 'past'])).toEqual(['laid', 'past'])
  expect(await rows()).toEqual(merged)
  expect(await ground.rows('select * from past order by all')).toEqual(past)
  expect(await made()).not.toContain('laid')
})

test('too many partitions are refused before a file is written, and what is published stays', async () => {
  ground.model('laid', laid(['partition_by id'], 'select range::int as id from range(10)')).without('total')
  await made(['laid'])
  const before = filesOf('laid')
  ground.model('laid', laid(['partition_by id'], 'select range::int as id from range(10001)'))
  const outcome = await ground.run({ select: ['laid'] })
  expect(outcome.errors).toEqual([expect.objectContaining({ code: 'PARTITIONS_TOO_MANY' })])
  expect(filesOf('laid')).toEqual(before)
})

test('a folder above the project may be named like a partition', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-region=eu-'))
  const engine = await openRunEngine({ folder, workers: 1, memoryMb: 100, threads: 1, spillMb: 100, readable: [] })
  const [connection] = engine.connections
  try {
    const columns = [{ name: 'region', type: 'VARCHAR' }]
    const sql = `select * from (values ('us'), ('ap')) t(region)`
    for (const partitionBy of [[], ['region']]) {
      const layout = { partitionBy, clusterBy: [] }
      const request = { engine, folder, stem: `versions/a/${partitionBy.length}`, name: 'a', sql, columns, layout }
      const { files } = await writeRows(connection as DuckDBConnection, request)
      await engine.show('a', { kind: 'files', files }, columns)
      const rows = await (connection as DuckDBConnection).runAndReadAll('select * from a order by all')
      expect(rows.getRows()).toEqual([['ap'], ['us']])
    }
  } finally {
    engine.close()
    rmSync(folder, { recursive: true })
  }
})

test.each([
  ['partition_by colour', 'the SQL has no column colour'],
  ['partition_by amount', "amount is DOUBLE; a folder's name can hold"],
  ['cluster_by total', 'total is HUGEINT, which lies in Parquet as text'],
  ['cluster_by list', 'list is BIGINT[], of which Parquet knows no least and greatest'],
])('a layout that cannot be is refused by the check: %s', async (setting, problem) => {
  ground.model('laid', laid([setting], 'select 1.5::double as amount, 1::hugeint as total, [1::bigint] as list')).without('total')
  await expect(ground.place()).rejects.toMatchObject({
    code: 'MODEL_SETTING_INVALID',
    details: { line: 2, problem: expect.stringContaining(problem) },
  })
})
