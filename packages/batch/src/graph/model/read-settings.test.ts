import { expect, test } from 'vitest'
import { modelOf } from '../testing/model-of.ts'

const NONE = { engine: null, interval: null, partitionBy: [], clusterBy: [], budget: {}, disabled: null }

test('a model without a header is live', () => {
  expect(modelOf('a', 'select 1 as one', {}).settings).toEqual({ ...NONE, materialize: 'live', tags: [], key: [] })
})

test('settings stand in the comments above the SQL, and only there', () => {
  const sql = ['-- Revenue of a day.', '', '-- @materialize view', '-- @key day, "Shop"', '-- @tags a, b', 'select 1', '-- @disabled never']
  expect(modelOf('a', sql.join('\n')).settings).toEqual({
    ...NONE,
    materialize: 'view',
    tags: ['a', 'b'],
    key: ['day', 'Shop'],
  })
})

test('a layout names columns to part by and to order by', () => {
  const sql = '-- @materialize table\n-- @partition_by region, "Day"\n-- @cluster_by customer\nselect 1'
  expect(modelOf('a', sql).settings).toMatchObject({ partitionBy: ['region', 'Day'], clusterBy: ['customer'] })
})

test("a file's header goes before what its folder says, and tags add up", () => {
  const folder = { materialize: 'table', tags: ['nightly'] } as const
  expect(modelOf('a', '-- @materialize view\n-- @tags big\nselect 1', folder).settings).toMatchObject({
    materialize: 'view',
    tags: ['nightly', 'big'],
  })
})

test('a model that stays on a server is a table where it says nothing, and takes itself back where its folder stays there', () => {
  const folder = { engine: 'warehouse', materialize: 'view' } as const
  expect(modelOf('a', 'select 1', folder).settings).toMatchObject({ engine: 'warehouse', materialize: 'view' })
  expect(modelOf('a', '-- @engine warehouse\nselect 1', {}).settings).toMatchObject({ engine: 'warehouse', materialize: 'table' })
  expect(modelOf('a', '-- @engine duckdb\nselect 1', folder).settings).toMatchObject({ engine: null, materialize: 'view' })
  expect(() => modelOf('a', 'select 1', { engine: 'warehouse', materialize: 'live' })).toThrow(
    'a model that stays on warehouse is computed by runs, and not live',
  )
})

test("a file's budget goes before its folder's, limit by limit", () => {
  const folder = { materialize: 'table', budget: { seconds: 60, memoryMb: 256 } } as const
  expect(modelOf('a', '-- @budget seconds 0.5, rows 1000, spill_mb 0\nselect 1', folder).settings.budget).toEqual({
    seconds: 0.5,
    memoryMb: 256,
    rows: 1000,
    spillMb: 0,
  })
})

test.each([
  ['-- @budget second 5', 1, "'second' is none of seconds, memory_mb, rows, spill_mb"],
  ['-- @budget', 1, "'' is none of seconds, memory_mb, rows, spill_mb"],
  ['-- @budget rows many', 1, "'many' is no number"],
  ['-- @budget seconds 5 s', 1, "'5 s' is no number"],
  ['-- @budget rows 0.5', 1, 'rows must be a whole number'],
  ['-- @budget memory_mb 1', 1, 'memory_mb must be 16 at least'],
  [
    '-- @materialise table',
    1,
    'there is no such setting; there are materialize, engine, tags, key, interval, partition_by, cluster_by, budget, disabled',
  ],
  ['\n-- @materialize tabel', 2, "'tabel' is none of live, table, view, incremental, snapshot"],
  ['-- @tags a\n-- @tags b', 2, 'it stands there twice'],
  ['-- @materialize incremental\n-- @interval at week', 2, "'at week' is not a column and one of hour, day, month"],
  ['-- @materialize incremental', 1, 'incremental needs `@key a, b` or `@interval column day`'],
  ['-- @materialize incremental\n-- @key a\n-- @interval b day', 2, 'rows are kept by interval or by key, and @interval stands there too'],
  ['-- @materialize snapshot', 1, 'snapshot needs `@key a, b`'],
  ['-- @materialize snapshot\n-- @key a, A', 2, 'it names a column twice'],
  ['-- @materialize table\n-- @interval "at" day', 2, 'only an incremental model has one'],
  ['-- @engine Big One', 1, 'it is the name of one of `engines` in millrace.config.ts, or duckdb'],
  ['-- @engine a\n-- @materialize snapshot', 2, 'snapshot needs `@key a, b`'],
  ['-- @engine a\n-- @budget memory_mb 100', 2, 'of a model that stays on a there are seconds, rows and spill_mb'],
  ['-- @engine a\n-- @cluster_by b', 2, 'a model that stays on a has no files to lay out'],
  ['-- @disabled', 1, 'it says no reason'],
  ['-- @materialize table\n-- @partition_by', 2, 'it names no column'],
  ['-- @materialize table\n-- @cluster_by a, A', 2, 'it names a column twice'],
  ['-- @materialize table\n-- @partition_by a\n-- @cluster_by b, A', 3, 'within a partition all rows have one A'],
  ['-- @materialize view\n-- @cluster_by a', 2, 'a model that is a view has no files to lay out'],
  ['-- @materialize live\n-- @partition_by a', 2, 'a model that is a live one has no files to lay out'],
])('a header that cannot be meant is refused with its line: %j', (header, line, problem) => {
  expect(() => modelOf('a', `${header}\nselect 1`)).toThrow(
    expect.objectContaining({ code: 'MODEL_SETTING_INVALID', details: expect.objectContaining({ line, problem }) }),
  )
})
