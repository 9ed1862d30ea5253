/** Laws 4 and 9: a table of MariaDB that its stream cannot follow is told, and taken again by whoever accepts it. */
import { type Mariadb, startMariadb } from '@millrace/testing'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Finished, makeProject, Run, runCli } from '../testing/run-cli.ts'

let mariadb: Mariadb
let project: ReturnType<typeof makeProject>
let running: Run

beforeAll(async () => {
  mariadb = await startMariadb()
  await mariadb.query(`create database aside; use aside; create table prices (id int primary key, amount int);
    create table notes (id int primary key, body text, extra text); insert into prices values (1, 1); insert into notes values (1, 'one', 'x')`)
  project = makeProject({
    'millrace.config.ts': `import { defineProject, mysql } from 'millrace'
export default defineProject({ name: 'aside', server: { port: 0 }, sources: { shop: mysql({ url: ${JSON.stringify(mariadb.urlFor({ database: 'aside' }))} }) } })
`,
  })
  running = new Run(['start', '--json'], { folder: project.folder })
  await running.says('http://')
})

afterAll(async () => {
  await running.stop()
  project.remove()
  await mariadb.stop()
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

test('a table of MariaDB that loses a column stands still, and goes on as it is now once it is accepted', async () => {
  await until('one', 'query', 'select * from shop.notes', '--json')
  await mariadb.query(`alter table notes drop column extra; insert into notes values (2, 'two'); update prices set amount = 55`)
  await until('55', 'query', 'select * from shop.prices', '--json')
  expect(await until('shop.notes', 'parked')).toMatch(/table +shop\.notes +a column was dropped[^]*millrace parked shop\.notes --accept/)
  expect(await cli('parked', 'shop.prices', '--accept')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('CAPTURE_TABLE_NOT_PARKED'),
  })
  expect((await cli('parked', 'shop.notes', '--accept')).stdout).toContain('its rows are read anew')
  await until('two', 'query', 'select id, body from shop.notes', '--json')
  expect((await cli('query', 'select * from shop.notes', '--json')).stdout).not.toContain('extra')
  expect((await cli('parked')).stdout).toContain('Nothing is parked')
}, 300_000)
