/** Laws 4 and 9: a bad value and a changed table are set aside, told, and taken again by whoever mends them. */
import { type Postgres, startPostgres } from '@millrace/testing'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Finished, makeProject, Run, runCli } from '../testing/run-cli.ts'

let postgres: Postgres
let project: ReturnType<typeof makeProject>
let running: Run

beforeAll(async () => {
  postgres = await startPostgres()
  await postgres.query(`create table prices (id bigint primary key, amount numeric(10,2)); create table notes (id bigint primary key, body text, extra text);
    insert into prices values (1, 1.00), (2, 2.00); insert into notes values (1, 'one', 'x')`)
  project = makeProject({
    'millrace.config.ts': `import { defineProject, postgres } from 'millrace'
export default defineProject({ name: 'aside', server: { port: 0 }, sources: { shop: postgres({ url: ${JSON.stringify(postgres.url)}, slot: 'aside' }) } })
`,
  })
  running = new Run(['start', '--json'], { folder: project.folder })
  await running.says('http://')
})

afterAll(async () => {
  await running.stop()
  project.remove()
  await postgres.stop()
})

function cli(...words: string[]): Promise<Finished> {
  return runCli(words, { folder: project.folder })
}

/** Asks again until the answer holds the text; each asking is a process, and so its own pause. */
async function until(text: string, ...words: string[]): Promise<string> {
  for (let round = 0; round < 120; round += 1) {
    const { stdout } = await cli(...words)
    if (stdout.includes(text)) return stdout
    await sleep(50)
  }
  throw new Error(
    `${words.join(' ')} never said '${text}'; the process said: ${running.stdout.slice(-2000)} ${running.stderr.slice(-2000)}`,
  )
}

test('a value that its type cannot hold holds up its own row alone, and is mended while all runs', async () => {
  await until('2.00', 'query', 'select * from shop.prices', '--json')
  await postgres.query(
    `update prices set amount = 'NaN' where id = 1; update prices set amount = 2.50 where id = 2; update prices set amount = 3 where id = 1`,
  )
  await until('2.50', 'query', 'select * from shop.prices', '--json')
  const records = (await until('PARKED_BEHIND', 'parked', 'shop.prices', '--json'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { id: string; code: string; key: string; reason: string })
  expect(records.map(({ code, key }) => [code, key])).toEqual([
    ['CAPTURE_VALUE_UNREPRESENTABLE', '1'],
    ['PARKED_BEHIND', '1'],
  ])
  expect((await cli('query', 'select amount from shop.prices where id = 1', '--json')).stdout).toContain('1.00')
  const id = records[0]?.id ?? ''
  const mended = await cli('parked', id, '--fix', '{"id": 1, "amount": null}', '--replay', '--json')
  expect(JSON.parse(mended.stdout)).toMatchObject({ replayed: records.map((record) => record.id), refused: [] })
  await until('3.00', 'query', 'select * from shop.prices where id = 1', '--json')
  await postgres.query('update prices set amount = 4 where id = 1')
  await until('4.00', 'query', 'select * from shop.prices where id = 1', '--json')
  expect((await cli('parked')).stdout).toContain('Nothing is parked')
}, 300_000)

test('a table that loses a column stands still, and goes on as it is now once it is accepted', async () => {
  await until('one', 'query', 'select * from shop.notes', '--json')
  await postgres.query(`alter table notes drop column extra; insert into notes values (2, 'two')`)
  await postgres.query('update prices set amount = 5 where id = 2')
  await until('5.00', 'query', 'select * from shop.prices', '--json')
  const told = await until('shop.notes', 'parked')
  expect(told).toMatch(/table +shop\.notes +.*extra[^]*millrace parked shop\.notes --accept/)
  expect(await cli('parked', 'shop.prices', '--accept')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('CAPTURE_TABLE_NOT_PARKED'),
  })
  expect((await cli('parked', 'shop.notes', '--accept')).stdout).toContain('its rows are read anew')
  await until('two', 'query', 'select id, body from shop.notes', '--json')
  expect((await cli('query', 'select * from shop.notes', '--json')).stdout).not.toContain('extra')
  expect((await cli('prove', 'shop.notes', 'shop.prices')).code).toBe(0)
}, 300_000)
