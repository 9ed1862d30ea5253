/**
 * Law 6: what the source does not send because it did not change is told as it is, or not at all, by every
 * reader: never as a null.
 */
import { type Postgres, type Receiver, startPostgres, startReceiver } from '@millrace/testing'
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeProject, Run, runCli } from './testing/run-cli.ts'

const secret = `whsec_${randomBytes(32).toString('base64')}`
/** Too much for its row even when compressed, so Postgres keeps it beside it and sends it only when it changes. */
const LARGE = "(select string_agg(md5(g || 'NAME'), '') from generate_series(1, 1000) g)"
const TABLES = ['plain', 'whole'] as const
const DELIVERED = ['shop.plain', 'shop.whole', 'notes'] as const

let postgres: Postgres
let receiver: Receiver
let running: Run
let project: ReturnType<typeof makeProject>

function insert(table: string, id: number): string {
  return `insert into ${table} values (${id}, 1, ${LARGE.replace('NAME', `note${id}`)}, jsonb_build_object('a', ${LARGE.replace('NAME', `body${id}`)}), null)`
}

beforeAll(async () => {
  postgres = await startPostgres()
  receiver = await startReceiver({ secrets: [secret] })
  for (const table of TABLES) {
    await postgres.query(`create table ${table} (id bigint primary key, n int, note text, body jsonb, nothing text); ${insert(table, 1)}`)
  }
  await postgres.query('alter table whole replica identity full')
  const deliveries = DELIVERED.map(
    (from, at) => `d${at}: webhook({ from: '${from}', url: ${JSON.stringify(receiver.url)}, secret: env('UNCHANGED_SECRET') })`,
  )
  project = makeProject({
    '.env': `UNCHANGED_SECRET=${secret}\n`,
    'millrace.config.ts': `import { defineProject, env, postgres, webhook } from 'millrace'
export default defineProject({ name: 'unchanged', server: { port: 0 }, allowInside: ['127.0.0.1'],
  sources: { shop: postgres({ url: ${JSON.stringify(postgres.url)}, slot: 'unchanged' }) },
  deliveries: { ${deliveries.join(', ')} } })
`,
    'models/notes.sql':
      'select p.id, p.n, p.note, p.body, p.nothing, w.note as other_note, w.body as other_body, w.n as other_n from shop.plain p join shop.whole w on w.id = p.id',
    'models/lengths.sql': 'select n, count(*) as rows, sum(length(note)) as letters, max(note) as last from shop.plain group by n',
  })
})

afterAll(async () => {
  await running?.stop()
  await receiver.close()
  await postgres.stop()
  project.remove()
})

async function json(...words: readonly string[]): Promise<Record<string, unknown>[]> {
  const { code, stdout, stderr } = await runCli([...words, '--json'], { folder: project.folder })
  expect({ words, code, stderr }).toEqual({ words, code: 0, stderr: '' })
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

async function until(isSo: () => boolean): Promise<void> {
  for (const began = performance.now(); !isSo();) {
    if (performance.now() - began > 30_000) throw new Error(`waited too long: ${JSON.stringify(receiver.stats())}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** The rows as Postgres has them, as JSON would tell them. */
async function rowsOf(sql: string): Promise<Record<string, unknown>[]> {
  return (await postgres.query<{ row: Record<string, unknown> }>(`select to_jsonb(q) as row from (${sql}) q`)).map(({ row }) => row)
}

/** `body` travels as the text of its JSON. */
const TABLE = (table: string): string => `select id, n, note, body::text as body, nothing from ${table} order by id`
const NOTES =
  'select p.id, p.n, p.note, p.body::text as body, p.nothing, w.note as other_note, w.body::text as other_body, w.n as other_n from plain p join whole w on w.id = p.id order by p.id'

function received(stream: string): Record<string, unknown>[] {
  return [...receiver.rows(stream)].sort((left, right) => Number(left['id']) - Number(right['id']))
}

it('law 6: a large value that an update left as it was is right in every reader, and nowhere a null', async () => {
  running = new Run(['start', '--json'], { folder: project.folder })
  await running.says('"event":"ready"')
  await until(() => receiver.stats().first === 3)
  for (const table of TABLES) await postgres.query(insert(table, 2))
  await until(() => receiver.stats().first === 6)
  // One other column; the identity; and what stands beside the value that did not change.
  for (const table of TABLES) {
    await postgres.query(`update ${table} set n = 2 where id = 1`)
    await postgres.query(`update ${table} set note = 'short', n = 3 where id = 2`)
  }
  await postgres.query(`update plain set n = 4 where id = 1`)
  // Each delivery goes at its own pace: what is compared below is waited for, stream by stream.
  const has = (stream: string, column: string, value: number): boolean => received(stream).some((row) => row[column] === value)
  await until(() => has('shop.plain', 'n', 4) && has('shop.plain', 'n', 3))
  await until(() => has('shop.whole', 'n', 2) && has('shop.whole', 'n', 3))
  await until(() => has('notes', 'n', 4) && has('notes', 'n', 3) && has('notes', 'other_n', 2) && has('notes', 'other_n', 3))

  for (const table of TABLES) {
    expect(received(`shop.${table}`)).toEqual(await rowsOf(TABLE(table)))
    expect(await json('query', `select * from shop.${table} order by id`)).toEqual(await rowsOf(TABLE(table)))
  }
  expect(received('notes')).toEqual(await rowsOf(NOTES))
  expect(await json('query', 'select * from notes order by id')).toEqual(await rowsOf(NOTES))
  expect(await json('query', 'select n, last from lengths order by n')).toEqual(
    await rowsOf('select n, note as last from plain order by n'),
  )

  const last = (await json('tail', 'shop.plain', '--last', '1', '--once'))[0]
  expect(last).toMatchObject({ operation: 'update', after: { id: 1, n: 4, nothing: null } })
  expect(Object.keys(last?.['after'] as object)).toEqual(['id', 'n', 'nothing'])
  const whole = (await json('tail', 'shop.whole', '--last', '2', '--once'))[0]
  const [row] = await rowsOf(TABLE('whole'))
  expect(whole).toMatchObject({ operation: 'update', before: { ...row, n: 1 }, after: row })
  const plain = await runCli(['tail', 'shop.plain', '--once'], { folder: project.folder })
  expect(plain.stdout).not.toContain('note=null')
  expect(plain.stdout).not.toContain('note=NULL')

  for (const proof of [...(await json('prove')), ...(await json('prove', '--streams'))]) expect(proof).toMatchObject({ verdict: 'equal' })

  const history = "select id, n, note is null as is_null, _untold from shop.plain__changes where _operation = 'update' order by _position"
  expect(await json('query', history)).toEqual([
    { id: 1, n: 2, is_null: true, _untold: '["note","body"]' },
    { id: 2, n: 3, is_null: false, _untold: '["body"]' },
    { id: 1, n: 4, is_null: true, _untold: '["note","body"]' },
  ])
})
