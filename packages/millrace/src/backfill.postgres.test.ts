/** `millrace backfill` over a running process: what the log has wrong is mended while it is followed. */
import { type Postgres, startPostgres } from '@millrace/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeProject, Run, runCli } from './testing/run-cli.ts'

let postgres: Postgres
let place: ReturnType<typeof makeProject>
let running: Run

beforeAll(async () => {
  postgres = await startPostgres()
  await postgres.query(`create table item (id int primary key, note text); insert into item select g, 'a' from generate_series(1, 500) g`)
  place = makeProject({
    'millrace.config.ts': `import { defineProject, postgres } from 'millrace'
export default defineProject({ name: 'mend', sources: { shop: postgres({ url: '${postgres.url}' }) }, server: { port: 0 } })\n`,
  })
  running = new Run(['start'], { folder: place.folder })
  await running.says('http://')
})

afterAll(async () => {
  await running.stop()
  await postgres.stop()
  place.remove()
})

async function answer(words: readonly string[]): Promise<{ code: number | null; value: Record<string, unknown>; stderr: string }> {
  const { code, stdout, stderr } = await runCli([...words, '--json'], { folder: place.folder })
  return { code, value: JSON.parse(stdout.split('\n')[0] || '{}') as Record<string, unknown>, stderr }
}

test('rows are read anew, and what is equal is not told; a condition that cannot be is refused, with the way out', async () => {
  for (;;) {
    const { value } = await answer(['query', 'select count(*) as n from shop.item'])
    if (JSON.stringify(value).includes('500')) break
  }
  const all = await answer(['backfill', 'shop.item'])
  expect(all).toMatchObject({ code: 0, value: { stream: 'shop.item', mode: 'backfill', rows: 500, told: 0, ended: true, failed: false } })
  expect((await runCli(['backfill', 'shop.item', '--where', 'id > 490'], { folder: place.folder })).stdout).toContain(
    '10 rows read, all of them as the log had them',
  )
  const refused = await runCli(['backfill', 'shop.item', '--where', 'no such thing'], { folder: place.folder })
  expect(refused.code).not.toBe(0)
  expect(refused.stderr + refused.stdout).toContain('BACKFILL_CONDITION')
  const failed = await answer(['backfill', 'shop.item', '--where', '1 / (id - 250) > 0'])
  expect(failed).toMatchObject({ code: 1, value: { failed: true, error: expect.stringContaining('division by zero') } })
  expect((await runCli(['backfill', 'shop.nothing'], { folder: place.folder })).stderr).toContain('BACKFILL_REFUSED')
}, 100_000)
