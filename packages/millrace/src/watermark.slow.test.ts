/** A watermark as a user meets it: a setting, a model that stays as it is, and the late rows where they can be read. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { makeProject, Run, runCli } from './testing/run-cli.ts'

const CONFIG = `import { csv, defineProject, files } from 'millrace'
export default defineProject({
  name: 'web',
  sources: { web: files({ from: './box', settleMs: 0, pollMs: 50, streams: { clicks: { files: '*.csv', format: csv() } } }) },
  streams: { 'web.clicks': { watermark: { column: 'seen_at', latenessSeconds: 60 } } },
  server: { port: 0 },
})
`
const PER_MINUTE = `select time_bucket(interval 1 minute, seen_at) as minute, count(*) as clicks from "web"."clicks" group by all`

test('rows behind the watermark are told aside, and the windows behind it stay as they are', async () => {
  const made = makeProject({
    'millrace.config.ts': CONFIG,
    'models/per_minute.sql': PER_MINUTE,
    'models/late_clicks.sql': 'select count(*) as clicks from "web"."clicks__late"',
    'box/a.csv': 'id,seen_at\n1,2026-11-21 10:00:10\n2,2026-11-21 10:05:00\n',
  })
  const { folder } = made
  const run = new Run(['start', '--port', '0', '--json'], { folder })
  try {
    await run.says('"ready"')
    const url = (JSON.parse(run.stdout.split('\n').find((line) => line.includes('"ready"')) ?? '{}') as { console: string }).console
    const changes = async (stream: string): Promise<string> => (await fetch(`${url}/api/streams/${stream}/changes`)).text()
    const wait = { timeout: 60_000, interval: 50 }
    await vi.waitUntil(async () => (await changes('per_minute')).includes('10:05:00'), wait)
    writeFileSync(join(folder, 'box/b.csv'), 'id,seen_at\n3,2026-11-21 10:00:20\n4,2026-11-21 10:04:30\n')
    await vi.waitUntil(async () => (await changes('web.clicks__late')).includes('10:00:20'), wait)
    await vi.waitUntil(async () => (await changes('per_minute')).includes('10:04:00'), wait)
    await vi.waitUntil(async () => (await changes('late_clicks')).includes('"clicks":1'), wait)
    const told = await runCli(['query', 'select minute::varchar as minute, clicks from per_minute order by minute', '--json'], { folder })
    expect(told.stdout.trim().split('\n')).toEqual([
      '{"minute":"2026-11-21 10:00:00","clicks":1}',
      '{"minute":"2026-11-21 10:04:00","clicks":1}',
      '{"minute":"2026-11-21 10:05:00","clicks":1}',
    ])
    const proven = await runCli(['prove', 'per_minute', 'late_clicks', '--json'], { folder })
    expect({ code: proven.code, stderr: proven.stderr }).toEqual({ code: 0, stderr: '' })
    const status = await runCli(['status', '--json'], { folder })
    expect(status.stdout).toMatch(/web\.clicks__late/)
    const ask = async (path: string): Promise<unknown> => (await fetch(`${url}/api/${path}`)).json()
    const graph = (await ask('graph')) as { readonly nodes: readonly { readonly id: string }[] }
    const drawn = graph.nodes.find(({ id }) => id === 'model:web.clicks__late')
    expect(drawn).toMatchObject({ label: 'late rows of web.clicks', hasSql: false, proof: null })
    expect(await ask('models/late_clicks')).toMatchObject({ inputs: [{ name: 'web.clicks__late', kind: 'model' }] })
    expect(status.stdout).toMatch(/"lateRows":1\b/)
  } finally {
    await run.stop()
    made.remove()
  }
})
