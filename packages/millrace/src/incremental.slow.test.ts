/** Models by interval, by key and with history, through the command line and a kill. */
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeProject, runCli } from './testing/run-cli.ts'

const DAYS = Array.from({ length: 9 }, (_, day) => `2026-01-0${day + 1} 12:00:00,A,${day}`)
const sales = (...rows: readonly string[]): string => ['ts,shop,amount', ...rows, ''].join('\n')

const FILES = {
  'millrace.config.ts': "export default { name: 'numbers' }\n",
  'seeds/sales.csv': sales(...DAYS),
  'models/daily.sql':
    '-- @materialize incremental\n-- @interval day day\nselect ts::date as day, sum(amount)::int as total from sales group by all',
  'models/shops.sql': '-- @materialize snapshot\n-- @key shop\nselect shop, count(*)::int as sales from sales group by shop',
}

let project: ReturnType<typeof makeProject>

beforeAll(() => {
  project = makeProject(FILES)
})

afterAll(() => project.remove())

async function cli(words: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Record<string, unknown>[]> {
  const { stdout } = await runCli([...words, '--json'], { folder: project.folder, environment })
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>]))
}

/** How many files of the model each run wrote. */
function filesByRun(model: string): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const file of readdirSync(join(project.folder, '.millrace/graph/versions', model))) {
    const run = file.split('-')[0] as string
    counts[run] = (counts[run] ?? 0) + 1
  }
  return counts
}

test('a window is backfilled, a killed run repeats no finished interval, and a history has one time', async () => {
  expect(await cli(['plan'])).toMatchObject([
    { batch: { compute: [{ name: 'sales' }, { name: 'daily', intervals: { known: 0 } }, { name: 'shops' }] } },
  ])
  expect(await cli(['run', '--from', '2026-01-04', '--to', '2026-01-03'])).toMatchObject([{ error: { code: 'INTERVAL_WINDOW_INVALID' } }])
  expect(await cli(['run', '--from', '2026-01-02', '--to', '2026-01-03'])).toMatchObject([
    { status: 'published', intervals: { daily: { computed: 2, all: 2 } } },
  ])
  expect(filesByRun('daily')).toEqual({ '1': 2 })
  writeFileSync(join(project.folder, 'seeds/sales.csv'), sales(...DAYS, '2026-01-02 13:00:00,B,100'))
  await cli(['run'], { MILLRACE_CRASH_AT: 'graph.after-interval:4' })
  expect(await cli(['query', 'select count(*)::int as n from daily', '--env', 'prod'])).toEqual([{ n: 2 }])
  expect(await cli(['run'])).toMatchObject([{ status: 'published' }])
  const { '1': first, ...later } = filesByRun('daily')
  expect([first, Object.values(later).reduce((sum, files) => sum + files, 0)]).toEqual([2, 8])
  expect(await cli(['query', 'select sum(total)::int as total, count(*)::int as n from daily', '--env', 'prod'])).toEqual([
    { total: 136, n: 9 },
  ])
  const times = 'select count(*)::int as rows, count(distinct valid_from)::int as times from shops where valid_to is null'
  expect(await cli(['query', times, '--env', 'prod'])).toEqual([{ rows: 2, times: 2 }])
})
