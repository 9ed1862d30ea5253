import { expect, test } from 'vitest'
import { modelOf } from '../testing/model-of.ts'
import { checkGraph } from './check-graph.ts'

test.each([
  ['-- @materialize snapshot\n-- @key b', 'select 1 as a', 2, 'key', 'the SQL has no column b'],
  ['-- @materialize incremental\n-- @interval b day', 'select 1 as a', 2, 'interval', 'the SQL has no column b'],
  [
    '-- @interval a day\n-- @materialize incremental',
    'select 1 as a',
    1,
    'interval',
    'a is INTEGER, not one of DATE, TIMESTAMP, TIMESTAMP WITH TIME ZONE',
  ],
  ['-- @materialize incremental\n-- @interval a hour', "select date '2026-01-01' as a", 2, 'interval', 'a is a DATE, which has no hours'],
  [
    '-- @materialize snapshot\n-- @key a',
    'select 1 as a, 2 as Valid_To',
    1,
    'materialize',
    'a snapshot adds valid_to, and the SQL has a column of that name',
  ],
])('a model without the column that it is kept by is refused with the line: %s %s', async (header, sql, line, name, problem) => {
  const { errors } = await checkGraph({ models: [modelOf('m', `${header}\n${sql}`)], relations: [], cache: new Map() })
  expect(errors).toMatchObject([{ code: 'MODEL_SETTING_INVALID', details: { file: 'models/m.sql', line, name, problem } }])
})

test('who reads a snapshot sees since when and until when a row was so', async () => {
  const models = [
    modelOf('m', '-- @materialize snapshot\n-- @key A\nselect 1 as a'),
    modelOf('n', 'select a, valid_from, valid_to from m where valid_to is null'),
  ]
  const { errors, models: checked } = await checkGraph({ models, relations: [], cache: new Map() })
  expect(errors).toEqual([])
  expect(checked.get('m')?.columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
    'a INTEGER',
    'valid_from TIMESTAMP WITH TIME ZONE',
    'valid_to TIMESTAMP WITH TIME ZONE',
  ])
  expect(checked.get('n')?.lineage[1]).toEqual([['m', 'valid_from']])
})
