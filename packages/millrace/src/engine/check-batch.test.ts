import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { readProject } from '../config/project.ts'
import { type CheckedWhole, checkWhole } from './check-project.ts'

const CONFIG = "export default { name: 'numbers', graph: { folders: { numbers: { materialize: 'table', tags: ['nightly'] } } } }\n"

async function check(files: Readonly<Record<string, string>>): Promise<CheckedWhole> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-check-'))
  try {
    for (const [file, text] of Object.entries({ 'millrace.config.ts': CONFIG, ...files })) {
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      writeFileSync(join(folder, file), text)
    }
    return await checkWhole(await readProject(folder))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const RATES = 'currency,rate\nEUR,1\nUSD,2\n'

test('batch models read seeds, other models and names with a schema; a folder says how they are kept', async () => {
  const { batch, errors, models } = await check({
    'seeds/erp.rates.csv': RATES,
    'models/numbers/deep/net.base.sql': 'select currency, rate * 2 as twice from erp.rates',
    'models/numbers/all_rates.sql': '-- @materialize view\nselect * from net.base',
  })
  expect(errors).toEqual([])
  expect(models).toEqual([])
  expect(
    [...batch.graph.models.values()].map(({ model, columns }) => [model.name, model.settings.materialize, columns.map(({ type }) => type)]),
  ).toEqual([
    ['net.base', 'table', ['VARCHAR', 'BIGINT']],
    ['all_rates', 'view', ['VARCHAR', 'BIGINT']],
  ])
})

test('a live model that reads a batch model is told so', async () => {
  const { errors } = await check({
    'seeds/rates.csv': RATES,
    'models/numbers/base.sql': 'select * from rates',
    'models/kept.sql': 'select * from base',
  })
  expect(errors).toMatchObject([{ code: 'MODEL_READS_BATCH', details: { model: 'kept', file: 'models/kept.sql', input: 'base' } }])
})

test('wrong headers, wrong names, wrong seeds and wrong SQL are told together', async () => {
  const { errors } = await check({
    'seeds/empty.parquet': 'no Parquet',
    'models/numbers/Bad-Name.sql': 'select 1 as one',
    'models/numbers/header.sql': '-- @keys id\nselect 1 as one',
    'models/numbers/twice.sql': 'select 1 as one',
    'models/numbers/deep/twice.sql': 'select 2 as two',
    'models/numbers/sql.sql': 'select',
    'models/live.name.sql': 'select 1 as one',
  })
  expect(errors.map(({ code, details }) => [code, details['file']])).toEqual([
    ['CONFIG_INVALID', 'models/numbers/Bad-Name.sql'],
    ['MODEL_SETTING_INVALID', 'models/numbers/header.sql'],
    ['MODEL_NAME_TAKEN', 'models/numbers/twice.sql'],
    ['CONFIG_INVALID', 'models/live.name.sql'],
    ['SEED_UNREADABLE', 'seeds/empty.parquet'],
    ['SQL_PARSE', 'models/numbers/sql.sql'],
  ])
})
