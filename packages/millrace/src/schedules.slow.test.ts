/** Schedules of a running project, each run a process of its own, as an operator sees them. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeProject, Run, runCli } from './testing/run-cli.ts'

const FILES = {
  'millrace.config.ts': `export default {
    name: 'numbers',
    graph: { folders: { '.': { materialize: 'table' } } },
    schedules: {
      often: { every: '1 s', select: '+best', env: 'night', deadline: '1 h' },
      yearly: { at: '30 2 1 jan *', zone: 'Europe/Berlin', deadline: '06:00' },
    },
  }\n`,
  'seeds/sales.csv': 'shop,amount\nA,1\nA,2\nB,5\n',
  'models/by_shop.sql': 'select shop, sum(amount::int) as total from sales group by shop',
  'models/best.sql': 'select max(total) as best from by_shop',
  'models/other.sql': 'select count(*) as n from sales',
}

let project: ReturnType<typeof makeProject>

beforeAll(() => {
  project = makeProject(FILES)
})

afterAll(() => project.remove())

async function lines(...words: string[]): Promise<Record<string, unknown>[]> {
  const { stdout } = await runCli([...words, '--json'], { folder: project.folder })
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>]))
}

interface Listed {
  readonly name: string
  readonly last: { readonly status: string; readonly run: number | null; readonly problem: string | null } | null
}

/** Asks until what came of the schedule last is so. */
async function lastIs(status: string): Promise<Listed> {
  for (;;) {
    const often = (await lines('schedules')).find(({ name }) => name === 'often') as unknown as Listed
    if (often.last?.status === status) return often
  }
}

test('a running project runs what is due, tells what failed, and goes on once it is mended', async () => {
  const start = new Run(['start', '--port', '0', '--json'], { folder: project.folder })
  try {
    // Once everything is there, nothing is left to compute.
    await lastIs('unchanged')
    expect(await lines('query', 'select best from best', '--env', 'night')).toEqual([{ best: '5' }])
    expect(await lines('runs', '--env', 'night')).toMatchObject([{ status: 'published', planned: 3, forecast: { unknown: 3 } }])
    const [, yearly] = await lines('schedules')
    expect(yearly).toMatchObject({ name: 'yearly', environment: 'prod', last: null, willBeLate: false })
    expect(new Date(yearly?.['nextMs'] as number).toISOString().slice(4)).toBe('-01-01T01:30:00.000Z')
    expect((yearly?.['deadlineMs'] as number) - (yearly?.['nextMs'] as number)).toBe(3.5 * 3_600_000)
    writeFileSync(join(project.folder, 'seeds/sales.csv'), 'shop,amount\nA,many\n')
    const failed = await lastIs('failed')
    expect(failed.last?.problem).toContain('by_shop')
    await start.says('The schedule often failed')
    expect(await lines('query', 'select best from best', '--env', 'night')).toEqual([{ best: '5' }])
    writeFileSync(join(project.folder, 'seeds/sales.csv'), 'shop,amount\nA,7\n')
    await lastIs('unchanged')
    expect(await lines('query', 'select best from best', '--env', 'night')).toEqual([{ best: '7' }])
  } finally {
    expect((await start.stop()).code).toBe(0)
  }
}, 300_000)

test('a schedule that cannot be meant is refused with its place', async () => {
  writeFileSync(join(project.folder, 'millrace.config.ts'), "export default { name: 'n', schedules: { bad: { at: '61 * * * *' } } }\n")
  const [said] = await lines('check')
  expect(said).toMatchObject({ error: { code: 'CONFIG_INVALID', message: expect.stringContaining("'61' is no minute") as string } })
})

test('a run that is to end by a time that has passed says so, and ends', async () => {
  writeFileSync(join(project.folder, 'millrace.config.ts'), FILES['millrace.config.ts'])
  const by = await runCli(['run', '--by', '2026-01-01T00:00:00Z'], { folder: project.folder })
  expect(by.stderr).toContain('after its deadline')
  expect((await lines('runs', '--env', 'prod'))[0]).toMatchObject({ forecast: { deadlineMs: Date.parse('2026-01-01T00:00:00Z') } })
  expect((await runCli(['run', '--by', 'soon'], { folder: project.folder })).code).toBe(64)
})
