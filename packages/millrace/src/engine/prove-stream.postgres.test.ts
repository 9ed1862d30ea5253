/** Incident I03: what was missed on the way is found by comparing the copy with its source. */
import { BatchBuilder } from '@millrace/core'
import { openReader, openStore } from '@millrace/store'
import { type Postgres, startPostgres } from '@millrace/testing'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Finished, makeProject, Run, runCli } from '../testing/run-cli.ts'

let postgres: Postgres
let project: ReturnType<typeof makeProject>

beforeAll(async () => {
  postgres = await startPostgres()
  await postgres.query(`create table parts (id bigint primary key, name text not null, price numeric(10,2), payload jsonb, made timestamptz);
    create table odd (a int, b text); alter table odd replica identity full;
    insert into parts select n, 'part ' || n, n * 1.25, jsonb_build_object('n', n, 'long', repeat('x', 5000)), now() from generate_series(1, 3000) n;
    insert into odd select n % 3, 'same' from generate_series(1, 10) n`)
  project = makeProject({
    'millrace.config.ts': `import { defineProject, postgres } from 'millrace'
export default defineProject({ name: 'proven', server: { port: 0 }, sources: { shop: postgres({ url: ${JSON.stringify(postgres.url)}, slot: 'proven' }) } })
`,
  })
})

afterAll(async () => {
  project.remove()
  await postgres.stop()
})

function prove(...words: string[]): Promise<Finished> {
  return runCli(['prove', '--json', ...words], { folder: project.folder })
}

function proofsOf({ stdout }: Finished): Record<string, unknown>[] {
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

test('a stream is proven against its source while it moves, and a row that differs is named', async () => {
  const storePath = join(project.folder, '.millrace/store.db')
  let running = new Run(['start', '--json'], { folder: project.folder })
  await running.says('http://')
  const stop = new AbortController()
  const writing = (async () => {
    for (let n = 10_000; !stop.signal.aborted; n += 1) {
      await postgres.query(`insert into parts values (${n}, 'new', 1, '{}', now()); update parts set price = price + 1 where id = ${n % 3000};
        delete from parts where id = ${n % 2999}; insert into odd values (${n % 3}, null); delete from odd where ctid = (select ctid from odd limit 1)`)
    }
  })()
  try {
    const finished = await prove('--streams')
    expect(finished).toMatchObject({ stderr: '', code: 0, stdout: expect.stringContaining('equal') })
    const proofs = proofsOf(finished)
    expect(Object.fromEntries(proofs.map(({ stream, verdict }) => [stream, verdict]))).toEqual({
      'shop.odd': 'equal',
      'shop.parts': 'equal',
    })
    const rows = proofs.find(({ stream }) => stream === 'shop.parts')?.['rows'] as { readonly source: number }
    expect(rows.source).toBeGreaterThan(2000)
  } finally {
    stop.abort()
    await writing
    await running.stop()
  }

  // A change that nobody made, and one that was miscarried.
  const reader = openReader(storePath)
  const { schema } = reader.stream('shop.parts')
  const progress = reader.progress('shop')
  reader.close()
  const store = await openStore(storePath)
  const builder = new BatchBuilder(schema)
  const origin = { transaction: progress?.transaction ?? 0, time: 0 }
  builder.push('insert', { ...origin, index: 1_000_000 }, [999_999, 'nobody', 0, '{}', 0])
  await store.commit({ appends: [{ stream: 'shop.parts', partition: 0, batch: builder.finish() }] })
  await store.close()

  running = new Run(['start', '--json'], { folder: project.folder })
  await running.says('http://')
  try {
    const finished = await prove('shop.parts')
    expect(finished.code).toBe(3)
    expect(proofsOf(finished)[0]).toMatchObject({
      verdict: 'different',
      extra: 1,
      missing: 0,
      changed: 0,
      differences: [{ kind: 'extra', key: { id: 999_999 } }],
    })
    const shown = await runCli(['prove', 'shop.parts'], { folder: project.folder })
    expect(shown.stdout).toMatch(/different +shop\.parts +log \d+ rows, source \d+ rows, at [0-9A-F]+\/[0-9A-F]+/)
  } finally {
    await running.stop()
  }
}, 240_000)

test('without its capture running, the log does not get there, and that is told', async () => {
  await postgres.query(`insert into parts values (77777, 'late', 1, null, null)`)
  const finished = await prove('shop.parts', '--wait', '1')
  expect(finished).toMatchObject({ code: 1, stdout: expect.stringContaining('PROOF_COPY_BEHIND') })
  expect(await prove('shop.nothing')).toMatchObject({ code: 1, stdout: expect.stringContaining('STREAM_UNKNOWN') })
}, 240_000)
