/** What a newcomer does on the first day, command by command, over a real database and a real receiver. */
import { type Postgres, type Receiver, shopSchema, startPostgres, startReceiver } from '@millrace/testing'
import { randomBytes } from 'node:crypto'
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeProject, Run, runCli } from './testing/run-cli.ts'

const secret = `whsec_${randomBytes(32).toString('base64')}`
const place = makeProject({})
const folder = join(place.folder, 'shop')
let postgres: Postgres
let receiver: Receiver
let running: Run

beforeAll(async () => {
  postgres = await startPostgres()
  receiver = await startReceiver({ secrets: [secret] })
  await postgres.query(shopSchema)
  await postgres.query(`
    insert into customers (email, name, country) values ('a@example.com', 'Ada', 'CH'), ('b@example.com', 'Bo', 'NL');
    insert into products (sku, name, category, weight_grams, list_price) values ('s1', 'Spade', 'garden', 900, 19.90), ('s2', 'Flute', 'music', 300, 120.00);
    insert into orders (customer_id) values (1), (2);
    insert into order_items (order_id, line, product_id, quantity, unit_price) values (1, 1, 1, 2, 19.90), (1, 2, 2, 1, 118.50), (2, 1, 2, 3, 120.00);
  `)
})

afterAll(async () => {
  await running?.stop()
  await receiver.close()
  await postgres.stop()
  place.remove()
})

async function json(words: readonly string[]): Promise<{ code: number | null; values: Record<string, unknown>[]; stderr: string }> {
  const { code, stdout, stderr } = await runCli([...words, '--json'], { folder })
  const values = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  return { code, values, stderr }
}

async function until(done: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await done())) await new Promise((resolve) => setTimeout(resolve, 50))
}

it('makes a project, and makes it only once', async () => {
  expect((await runCli(['init', 'shop'], { folder: place.folder })).code).toBe(0)
  expect(existsSync(join(folder, 'models/order_totals.sql'))).toBe(true)
  const again = await runCli(['init', 'shop'], { folder: place.folder })
  expect(again).toMatchObject({ code: 64, stderr: expect.stringContaining('INIT_FOLDER_NOT_EMPTY') })
  appendFileSync(join(folder, '.env'), `SHOP_URL=${postgres.url}\nTOTALS_URL=${receiver.url}\nTOTALS_SECRET=${secret}\n`)
})

it('checks it without changing anything, and finds the ground sound', async () => {
  const { code, values } = await json(['check'])
  expect(code).toBe(0)
  expect(values[0]).toMatchObject({ ok: true, models: [{ name: 'order_totals' }, { name: 'country_totals' }] })
  expect(existsSync(join(folder, '.millrace'))).toBe(false)
  const doctor = await json(['doctor'])
  expect(doctor.values[0]).toMatchObject({ ok: true })
})

it('runs it: rows become a live model, and the model signed events', async () => {
  running = new Run(['dev', '--json', '--port', '0'], { folder })
  await running.says('"event":"ready"')
  await until(() => receiver.stats().first === 2)
  await postgres.query('update order_items set quantity = 5 where order_id = 2')
  await until(() => receiver.stats().first === 3)
  expect([...receiver.rows('order_totals')].map((row) => [row['order_id'], row['total']])).toEqual([
    [1, '158.30'],
    [2, '600.00'],
  ])
  expect(receiver.stats()).toMatchObject({ rejected: 0, orderViolations: 0 })
})

it('law 3: asks, follows and proves it while it runs', async () => {
  const query = await json(['query', 'select country, total from country_totals order by country'])
  expect(query.values).toEqual([
    { country: 'CH', total: '158.30' },
    { country: 'NL', total: '600.00' },
  ])
  const tail = await json(['tail', 'order_totals', '--last', '1', '--once'])
  expect(tail.values).toMatchObject([{ operation: 'update', before: { total: '360.00' }, after: { total: '600.00' } }])
  const prove = await json(['prove'])
  expect(prove.code).toBe(0)
  expect(prove.values.map(({ verdict }) => verdict)).toEqual(['equal', 'equal'])
  const wrong = await json(['query', 'select totl from country_totals'])
  expect(wrong.code).not.toBe(0)
  expect(JSON.stringify(wrong.values[0])).toContain('totl')
})

it('law 5: finds an event with its attempts, and sends it again under its old id', async () => {
  const events = await json(['deliveries', 'totals'])
  const id = String(events.values[0]?.['id'])
  const event = await json(['deliveries', 'totals', id])
  expect(event.values[0]).toMatchObject({ id, status: 'delivered', attemptsMade: [{ number: 1, answer: 204 }] })
  expect((await json(['deliveries', 'totals', id, '--resend'])).code).toBe(0)
  await until(() => receiver.stats().resent === 1)
  expect(receiver.stats().first).toBe(3)
})

it('explains a live model, and says of a wrong name which one was meant', async () => {
  expect((await json(['explain', 'order_totals'])).values).toMatchObject([
    { materialize: 'live', key: ['order_id'], readers: ['country_totals', 'delivery totals'] },
  ])
  const [wrong] = (await json(['explain', 'order_total'])).values
  expect(wrong).toMatchObject({
    error: { code: 'SELECTION_INVALID', details: { problem: expect.stringContaining("'order_totals'") as string } },
  })
})

it('says in words that there is nothing, and never with an empty table', async () => {
  for (const command of ['run', 'runs', 'versions', 'schedules', 'parked']) {
    const { code, stdout } = await runCli([command], { folder })
    expect([command, code]).toEqual([command, 0])
    expect(stdout).toMatch(/^(There|Nothing) [^\n]+\.\n$/)
    expect(stdout).not.toContain('null')
  }
  expect((await json(['parked', 'shop.ordres'])).values).toMatchObject([{ error: { code: 'STREAM_UNKNOWN' } }])
})

it('tells what an edit costs before it is made', async () => {
  const told = await json(['plan'])
  expect(told).toMatchObject({ code: 0, values: [{ ok: true, models: [{ change: 'same' }, { change: 'same' }] }] })
})

it('takes an edit at once: the difference is published, and nothing else', async () => {
  const model = join(folder, 'models/order_totals.sql')
  writeFileSync(model, readFileSync(model, 'utf8').replace('sum(i.quantity) as items', 'sum(i.quantity) + 1 as items'))
  await running.says('order_totals.sql changed')
  await until(() => receiver.stats().first === 5)
  const tail = await json(['tail', 'order_totals', '--last', '2', '--once'])
  expect(tail.values.map(({ operation }) => operation)).toEqual(['update', 'update'])
  await until(async () => (await json(['prove', 'order_totals'])).code === 0)
})

it('law 7: copies the store while it runs, and puts the copy back', async () => {
  const copy = join(place.folder, 'copy.db')
  const backup = await json(['backup', copy])
  expect(backup).toMatchObject({ code: 0 })
  const used = await json(['restore', copy])
  expect(used.code).toBe(4)
  expect(JSON.stringify(used.values)).toContain('STORE_IN_USE')
  const stopped = await running.stop('SIGINT')
  expect(stopped.code).toBe(130)
  const restored = await json(['restore', copy])
  expect(restored.code).toBe(0)
  expect(restored.values[0]).toMatchObject({ cut: backup.values[0]?.['cut'], changes: backup.values[0]?.['changes'] })
  expect((await json(['prove', 'order_totals'])).code).toBe(0)
})

it('law 2: a source whose past the store missed is told loudly, not skipped', async () => {
  const status = await json(['status'])
  expect(status).toMatchObject({ code: 1, values: [{ running: false, error: { code: 'NOT_RUNNING' } }] })
  await postgres.query('select pg_drop_replication_slot(slot_name) from pg_replication_slots where not active')
  await postgres.query('update customers set name = name')
  running = new Run(['start', '--json', '--port', '0'], { folder })
  await running.says('CAPTURE_SLOT_LOST')
  rmSync(join(folder, '.env'))
})

it('check tells every secret without a value with its setting, and does not say that all is well', async () => {
  const { code, stdout, stderr } = await runCli(['check'], { folder, environment: { SHOP_URL: '' } })
  expect(code).toBe(4)
  expect(stderr).toContain("env('SHOP_URL') for `sources.shop.url`")
  expect(stderr).toContain("env('TOTALS_SECRET') for `deliveries.totals.secret`")
  expect(stdout).toContain('3 to mend: 6 streams, 2 live models, 1 delivery.')
})

it('tells what an edit costs also where the database cannot be asked, from what the log holds', async () => {
  const told = await runCli(['plan'], { folder, environment: { SHOP_URL: '' } })
  expect(told).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('SHOP_URL') as string,
    stdout: expect.stringContaining('keeps its state') as string,
  })
})
