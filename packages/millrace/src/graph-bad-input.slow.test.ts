/** Law 7 under bad input: each is told with its code and its way out, and what was published stays as it was. */
import { spawn } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { makeProject, runCli } from './testing/run-cli.ts'

const SALES = ['ts,shop,amount', '2026-01-01 12:00:00,A,1', '2026-01-02 12:00:00,B,2', '2026-01-03 12:00:00,A,4', '']
const FILES = {
  'millrace.config.ts': "export default { name: 'numbers' }\n",
  'seeds/sales.csv': SALES.join('\n'),
  'models/by_shop.sql': '-- @materialize incremental\n-- @key shop\nselect shop, sum(amount)::int as total from sales group by shop',
  'models/daily.sql':
    '-- @materialize incremental\n-- @interval day day\nselect ts::date as day, sum(amount)::int as total from sales group by all',
}
const RANDOM_ROWS = 2_000_000
/** In blocks of 512 or 1024 bytes, as the shell counts them: far less than those rows take, far more than all else. */
const FILE_BLOCKS_MAX = 4096

let project: ReturnType<typeof makeProject>

beforeAll(async () => {
  project = makeProject(FILES)
  await cli(['run'])
})

afterAll(() => project.remove())

const PUBLISHED = [
  { shop: 'A', total: 5, days: 3 },
  { shop: 'B', total: 2, days: 3 },
]
const shown = async (): Promise<unknown> => {
  const sql = 'select shop, total, (select count(*)::int from daily) as days from by_shop order by shop'
  const { stdout } = await runCli(['query', sql, '--env', 'prod', '--json'], { folder: project.folder })
  return linesOf(stdout)
}

beforeEach(() => write(FILES))

function linesOf(text: string): Record<string, unknown>[] {
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>]))
}

async function cli(words: readonly string[]): Promise<{ code: number | null; said: Record<string, unknown> }> {
  const { code, stdout } = await runCli([...words, '--json'], { folder: project.folder })
  return { code, said: linesOf(stdout)[0] ?? {} }
}

/** The models and seeds are these files, and no others. */
function write(files: Readonly<Record<string, string>>): void {
  for (const part of ['models', 'seeds']) rmSync(join(project.folder, part), { recursive: true })
  for (const part of ['models', 'models/other', 'seeds']) mkdirSync(join(project.folder, part))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(project.folder, name), text)
}

test('a model with two writers is refused, with both files', async () => {
  write({ ...FILES, 'models/other/by_shop.sql': '-- @materialize table\nselect 1 as shop' })
  const { code, said } = await cli(['run'])
  expect(code).toBe(4)
  expect(said).toMatchObject({ errors: [{ code: 'MODEL_NAME_TAKEN', details: { model: 'by_shop', other: 'models/by_shop.sql' } }] })
  expect(await shown()).toEqual(PUBLISHED)
})

test('a key that is not unique is refused, with how many of its values are not', async () => {
  write({ ...FILES, 'models/by_shop.sql': '-- @materialize incremental\n-- @key shop\nselect shop, amount::int as total from sales' })
  const { code, said } = await cli(['run'])
  expect(code).toBe(1)
  expect(said).toMatchObject({ status: 'failed', errors: [{ code: 'KEY_NOT_UNIQUE', details: { model: 'by_shop', keys: 1 } }] })
  expect(await shown()).toEqual(PUBLISHED)
})

test('intervals of windows that overlap are computed once, and their rows stand there once', async () => {
  await cli(['run', '--env', 'windows', '--from', '2026-01-01', '--to', '2026-01-02'])
  const { said } = await cli(['run', '--env', 'windows', '--from', '2026-01-02', '--to', '2026-01-03'])
  // The days are those that prod computed: none is computed again, and none is there twice.
  expect(said).toMatchObject({ status: 'published', intervals: { daily: { computed: 0, all: 3 } } })
  const { stdout } = await runCli(['query', 'select day::varchar as day from daily order by day', '--env', 'windows', '--json'], {
    folder: project.folder,
  })
  expect(linesOf(stdout)).toEqual(['2026-01-01', '2026-01-02', '2026-01-03'].map((day) => ({ day })))
  expect(await shown()).toEqual(PUBLISHED)
})

test('an interval that ends before it begins is refused', async () => {
  const { code, said } = await cli(['run', '--from', '2026-01-03', '--to', '2026-01-02'])
  expect([code, said]).toMatchObject([64, { error: { code: 'INTERVAL_WINDOW_INVALID' } }])
  expect(await shown()).toEqual(PUBLISHED)
})

test('a source whose columns changed under the graph is told at each model that reads them, with its place', async () => {
  write({ ...FILES, 'seeds/sales.csv': SALES.join('\n').replace('amount', 'price') })
  const { code, said } = await cli(['run'])
  expect(code).toBe(4)
  expect(said).toMatchObject({
    errors: ['by_shop', 'daily'].map((model) => ({ code: 'SQL_BIND', details: { model, file: `models/${model}.sql` } })),
  })
  expect(await shown()).toEqual(PUBLISHED)
})

test('a disk that fills in the middle ends the run with its code, and the next run goes on', async () => {
  const big = `-- @materialize table\nselect random() as a, random() as b from range(${RANDOM_ROWS})`
  const small = '-- @materialize table\nselect count(*)::int as n from sales'
  write({
    ...FILES,
    'models/big.sql': big,
    'models/small.sql': small,
    'models/behind.sql': '-- @materialize table\nselect count(*) as n from big',
  })
  const { code, stdout } = await limited(['run', '--json'])
  expect(code).toBe(1)
  const [said] = linesOf(stdout)
  expect(said).toMatchObject({ status: 'failed', publication: null, errors: [{ code: 'RUN_OUT_OF_DISK', details: { model: 'big' } }] })
  expect(said?.['skipped']).toContain('behind')
  const again = await cli(['run', '--env', 'roomy'])
  expect(again).toMatchObject({ code: 0, said: { status: 'published' } })
  expect(await shown()).toEqual(PUBLISHED)
})

test('a second run in an environment is refused while the first one is at work', async () => {
  write({ ...FILES, 'models/long.sql': '-- @materialize table\nselect count(*) as n from range(100000000000)' })
  const first = spawn(process.execPath, [LAUNCHER, 'run'], { cwd: project.folder, stdio: 'ignore' })
  const ended = new Promise((resolve) => first.once('close', resolve))
  try {
    await isAtWork()
    const { code, said } = await cli(['run'])
    expect([code, said]).toMatchObject([1, { error: { code: 'RUN_IN_PROGRESS', details: { environment: 'prod' } } }])
  } finally {
    first.kill('SIGTERM')
    await ended
  }
  expect(await shown()).toEqual(PUBLISHED)
})

const LAUNCHER = createRequire(import.meta.url).resolve('../bin/millrace.js')

/** Runs it where no file may grow beyond a limit: the kernel itself refuses the write. */
function limited(words: readonly string[]): Promise<{ code: number | null; stdout: string }> {
  const script = `ulimit -f ${FILE_BLOCKS_MAX}; exec "$@"`
  const child = spawn('/bin/sh', ['-c', script, 'sh', process.execPath, LAUNCHER, ...words], {
    cwd: project.folder,
    stdio: ['ignore', 'pipe', 'inherit'],
    // What Node keeps of compiled code may be longer than the limit.
    env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1' },
  })
  let stdout = ''
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()))
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stdout })))
}

/** Waits until the catalogue knows of a run that has not ended. */
async function isAtWork(): Promise<void> {
  for (;;) {
    const { stdout } = await runCli(['runs', '--json'], { folder: project.folder })
    if (stdout.includes('"running"')) return
  }
}
