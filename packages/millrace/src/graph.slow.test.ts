/** A graph of batch models as its author meets it, through the command line. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeProject, runCli } from './testing/run-cli.ts'

const FILES = {
  'millrace.config.ts': "export default { name: 'numbers', graph: { folders: { '.': { materialize: 'table' } } } }\n",
  'seeds/sales.csv': 'shop,amount\nA,1\nA,2\nB,5\n',
  'models/by_shop.sql': '-- @tags nightly\nselect shop, sum(amount) as total from sales group by shop',
  'models/best.sql': 'select max(total) as best from by_shop',
}

let project: ReturnType<typeof makeProject>

beforeAll(() => {
  project = makeProject(FILES)
})

afterAll(() => project.remove())

async function cli(...words: string[]): Promise<{ code: number | null; said: Record<string, unknown>; err: string }> {
  const { code, stdout, stderr } = await runCli([...words, '--json'], { folder: project.folder })
  return {
    code,
    said: JSON.parse(stdout.split('\n')[0] === '' ? '{}' : (stdout.split('\n')[0] as string)) as Record<string, unknown>,
    err: stderr,
  }
}

test('check, plan, run, run again, edit, promote and roll back', async () => {
  expect((await cli('check')).said).toMatchObject({ ok: true, batch: { models: 2, held: 0 } })
  expect((await cli('ls', 'tag:nightly+')).said).toMatchObject({ models: [{ name: 'by_shop' }, { name: 'best' }] })
  expect((await cli('explain', 'best')).said).toMatchObject({
    inputs: ['by_shop'],
    columns: [{ name: 'best', from: [{ relation: 'by_shop', column: 'total' }] }],
  })
  expect((await cli('plan')).said).toMatchObject({ batch: { compute: [{ name: 'sales' }, { name: 'by_shop' }, { name: 'best' }] } })
  expect((await cli('run')).said).toMatchObject({ status: 'published', computed: 3, publication: 1 })
  expect((await cli('run')).said).toMatchObject({ status: 'unchanged', publication: 1 })
  writeFileSync(join(project.folder, 'models/best.sql'), 'select min(total) as best from by_shop')
  expect((await cli('run', '--env', 'dev', 'state:modified+')).said).toMatchObject({ status: 'published', environment: 'dev' })
  expect((await cli('apply', '--from', 'dev')).said).toMatchObject({ publication: 3 })
  expect((await cli('versions')).said).toMatchObject({ id: 3, shown: true })
  expect((await cli('rollback')).said).toMatchObject({ publication: 1 })
  expect((await cli('versions', 'best')).said).toMatchObject({ model: 'best', rows: 1 })
  expect((await cli('query', 'select best from best', '--env', 'dev')).said).toEqual({ best: '3' })
  expect((await cli('query', 'select best from best', '--env', 'prod')).said).toEqual({ best: '5' })
  expect((await cli('runs')).said).toMatchObject({ environment: 'dev', status: 'published', failures: [] })
  expect((await cli('runs', '1')).said).toMatchObject({
    status: 'published',
    forecast: { unknown: 3 },
    actual: { path: [{ name: 'sales' }, { name: 'by_shop' }, { name: 'best' }] },
    steps: [{ model: 'sales' }, { model: 'by_shop', rowsRead: 3, rows: 2, attempts: 1 }, { model: 'best' }],
  })
})

test('what cannot be done is told with its code and its exit', async () => {
  expect(await cli('apply', '--from', 'nowhere')).toMatchObject({ code: 64, said: { error: { code: 'ENVIRONMENT_UNKNOWN' } } })
  expect(await cli('runs', '99')).toMatchObject({ code: 64, said: { error: { code: 'RUN_UNKNOWN' } } })
  expect(await cli('rollback', '99')).toMatchObject({ code: 64, said: { error: { code: 'PUBLICATION_UNKNOWN' } } })
  expect(await cli('run', 'nope')).toMatchObject({ code: 64, said: { error: { code: 'SELECTION_INVALID' } } })
  expect(await cli('run', '')).toMatchObject({ code: 64, said: { error: { code: 'SELECTION_INVALID' } } })
  const wrong = { error: { code: 'QUERY_INVALID', details: { line: 1, column: 8 } } }
  expect((await cli('query', 'select nope from best', '--env', 'prod')).said).toMatchObject(wrong)
  writeFileSync(join(project.folder, 'models/bad.sql'), 'select nope from by_shop')
  expect(await cli('run')).toMatchObject({ code: 4, said: { ok: false, errors: [{ code: 'SQL_BIND' }] } })
  writeFileSync(join(project.folder, 'models/bad.sql'), 'select shop::integer as n from by_shop')
  expect(await cli('run')).toMatchObject({ code: 1, said: { status: 'failed', errors: [{ code: 'MODEL_FAILED' }] } })
  rmSync(join(project.folder, 'models/bad.sql'))
})
