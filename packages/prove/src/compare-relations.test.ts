import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CompareOptions, compareRelations, type Comparison } from './compare-relations.ts'

let instance: DuckDBInstance
let connection: DuckDBConnection
beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:', { threads: '2' })
  connection = await instance.connect()
})
afterAll(() => {
  connection.closeSync()
  instance.closeSync()
})

async function compare(left: string, right: string, options?: CompareOptions): Promise<Comparison> {
  await connection.run(`CREATE OR REPLACE TABLE l AS ${left}`)
  await connection.run(`CREATE OR REPLACE TABLE r AS ${right}`)
  return compareRelations(connection, 'l', 'r', options)
}

const ROWS = "select range::integer as id, range % 7 as n, 'text ' || range as t from range(10000)"
const KEY = { key: ['id'] }

test('equal relations are equal whatever their order', async () => {
  const found = await compare(ROWS, `${ROWS} order by id desc`, KEY)
  expect(found).toMatchObject({ equal: true, rows: { left: 10_000, right: 10_000 }, differences: [] })
  expect((await compare(ROWS, `${ROWS} order by t`)).equal).toBe(true)
})

test('a wrong value is told with its key, both rows and its column', async () => {
  const found = await compare(`select * replace (if(id = 77, n + 1, n) as n) from (${ROWS})`, ROWS, KEY)
  expect(found).toMatchObject({ equal: false, missing: 0, extra: 0, changed: 1, changedColumns: [{ name: 'n', rows: 1 }] })
  expect(found.differences).toEqual([
    { kind: 'changed', key: { id: 77 }, left: { id: 77, n: 1, t: 'text 77' }, right: { id: 77, n: 0, t: 'text 77' }, columns: ['n'] },
  ])
})

test('a lost row is missing, a row of its own is extra', async () => {
  const found = await compare(`from (${ROWS}) where id <> 5 union all select -1, 0, 'x'`, ROWS, KEY)
  expect(found).toMatchObject({ missing: 1, extra: 1, changed: 0 })
  expect(found.differences.map(({ kind, key }) => [kind, key])).toEqual([
    ['extra', { id: -1 }],
    ['missing', { id: 5 }],
  ])
})

test('a repeated row is one row too many, with a key and without one', async () => {
  for (const options of [KEY, {}]) {
    const found = await compare(`from (${ROWS}) union all (from (${ROWS}) where id = 9)`, ROWS, options)
    expect(found).toMatchObject({ equal: false, missing: 0, extra: 1, changed: 0, rows: { left: 10_001, right: 10_000 } })
    expect(found.differences[0]?.left).toEqual({ id: 9, n: 2, t: 'text 9' })
  }
})

test('values that two rows have exchanged are two changed rows, also where nothing else is added to their bucket', async () => {
  // 10,000 keys fall into 4096 buckets: the first that share one. A sum per column would not see these.
  const sharing = `select list(id)[1:2] from (${ROWS}) group by hash(id) % 4096 having count(*) > 1 order by 1 limit 1`
  const [[pair]] = (await connection.runAndReadAll(sharing)).getRowsJson() as [[[number, number]]]
  const [one, other] = pair
  const swapped = `select * replace (case id when ${one} then 'text ${other}' when ${other} then 'text ${one}' else t end as t) from (${ROWS})`
  expect(await compare(swapped, ROWS, KEY)).toMatchObject({ equal: false, changed: 2, missing: 0, extra: 0 })
})

test('a wrong type or name is told before any row is compared', async () => {
  const wrongType = await compare('select 1::integer as a, 2 as b', 'select 1::bigint as a, 2 as b')
  expect(wrongType).toMatchObject({ equal: false, columnsDiffering: [{ name: 'a', left: 'INTEGER', right: 'BIGINT' }], differences: [] })
  const wrongScale = await compare('select 1::decimal(10,2) as a', 'select 1::decimal(10,3) as a')
  expect(wrongScale.columnsDiffering).toEqual([{ name: 'a', left: 'DECIMAL(10,2)', right: 'DECIMAL(10,3)' }])
  const wrongName = await compare('select 1 as a', 'select 1 as b')
  expect(wrongName.columnsDiffering).toEqual([
    { name: 'a', left: 'INTEGER', right: null },
    { name: 'b', left: null, right: 'INTEGER' },
  ])
  expect((await compare('select 1 as a, 2 as b', 'select 2 as b, 1 as a')).equal).toBe(false)
  expect((await compare("select '1'::json as a", "select '1' as a")).columnsDiffering).toEqual([
    { name: 'a', left: 'JSON', right: 'VARCHAR' },
  ])
})

test('NULL equals NULL, NaN equals NaN, minus zero equals zero; NULL equals nothing else', async () => {
  const odd = (zero: string): string => `select * from (values (1, null), (2, 'nan'::double), (3, ${zero}::double)) as v(id, x)`
  expect((await compare(odd('0.0'), odd('-0.0'), KEY)).equal).toBe(true)
  expect(await compare('select 1 as id, null::integer as x', 'select 1 as id, 0 as x', KEY)).toMatchObject({ changed: 1 })
  const nullKey = 'select null::integer as id, 1 as x'
  expect((await compare(nullKey, nullKey, KEY)).equal).toBe(true)
  expect(await compare('select null::integer as id, 2 as x', nullKey, KEY)).toMatchObject({ changed: 1, missing: 0, extra: 0 })
})

test('floats differ exactly unless a tolerance is stated, and never beyond it', async () => {
  const [left, right] = ['select 1 as id, 0.1::double + 0.2::double as x', 'select 1 as id, 0.3::double as x']
  expect(await compare(left, right, KEY)).toMatchObject({ equal: false, changed: 1 })
  expect((await compare(left, right, { ...KEY, tolerance: 1e-12 })).equal).toBe(true)
  expect((await compare(left, right, { tolerance: 1e-12 })).equal).toBe(true)
  expect((await compare(left, 'select 1 as id, 0.31::double as x', { ...KEY, tolerance: 1e-12 })).equal).toBe(false)
  expect((await compare(left, "select 1 as id, 'infinity'::double as x", { ...KEY, tolerance: 1e-12 })).equal).toBe(false)
  expect((await compare(left, 'select 1 as id, null::double as x', { ...KEY, tolerance: 1e-12 })).equal).toBe(false)
})

test('where everything differs all is counted and the first differences are told', async () => {
  const found = await compare(`select * replace (n + 1 as n) from (${ROWS})`, ROWS, { ...KEY, limit: 3 })
  expect(found.changed).toBe(10_000)
  expect(found.differences.map((difference) => difference.key)).toEqual([{ id: 0 }, { id: 1 }, { id: 2 }])
})

test('values are told so that no digit is lost', async () => {
  const found = await compare(
    "select 1 as id, 12345678901234567890.12::decimal(38,2) as d, '2024-01-02 03:04:05+00'::timestamptz as at",
    'select 1 as id, 0::decimal(38,2) as d, null::timestamptz as at',
    KEY,
  )
  expect(found.differences[0]?.left).toEqual({ id: 1, d: '12345678901234567890.12', at: '2024-01-02 03:04:05+00' })
})

test('nothing of a comparison is left in the database', async () => {
  await compare('select 1 as a', 'select 2 as a')
  const tables = await connection.runAndReadAll("select table_name from duckdb_tables() where table_name like 'millrace%'")
  expect(tables.getRows()).toEqual([])
})

const cell = fc.constantFrom(0, 1, 2, null)
const row = fc.tuple(cell, cell, fc.constantFrom('a', 'b', null))
const bag = fc.array(row, { maxLength: 12 })

function valuesOf(rows: readonly (readonly unknown[])[]): string {
  const typed = (value: unknown, type: string): string =>
    value === null ? `null::${type}` : typeof value === 'string' ? `'${value}'` : `${String(value)}::${type}`
  const list = rows.map(([id, x, t]) => `select ${typed(id, 'integer')} as id, ${typed(x, 'integer')} as x, ${typed(t, 'varchar')} as t`)
  return list.length === 0 ? "select 0 as id, 0 as x, '' as t where false" : list.join(' union all ')
}

test('two relations are equal if and only if they hold the same rows equally often', async () => {
  await fc.assert(
    fc.asyncProperty(bag, bag, fc.boolean(), fc.boolean(), async (one, two, same, keyed) => {
      const other = same ? one.toReversed() : two
      const sorted = (rows: readonly unknown[]): string => JSON.stringify(rows.map((each) => JSON.stringify(each)).sort())
      const found = await compare(valuesOf(one), valuesOf(other), keyed ? KEY : {})
      expect(found.equal).toBe(sorted(one) === sorted(other))
      // Whatever the pairing, what is added and taken away accounts for the difference in size.
      expect(found.extra - found.missing).toBe(one.length - other.length)
    }),
    { numRuns: 60 },
  )
})
