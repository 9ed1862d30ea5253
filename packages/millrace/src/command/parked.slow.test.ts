/** Law 9: what was set aside can be read, mended and replayed by whoever is called at night. */
import { openParking, type ParkedRecord } from '@millrace/capture'
import { systemClock } from '@millrace/base'
import { openStore } from '@millrace/store'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeProject, type Finished, runCli } from '../testing/run-cli.ts'

const CONFIG = `import { defineProject } from 'millrace'
export default defineProject({ name: 'parked_project' })
`

let project: ReturnType<typeof makeProject>

beforeEach(async () => {
  project = makeProject({ 'millrace.config.ts': CONFIG })
  mkdirSync(join(project.folder, '.millrace'))
  const store = await openStore(join(project.folder, '.millrace/store.db'))
  const schema = {
    columns: [
      { name: 'id', type: { kind: 'int64' as const }, nullable: false },
      { name: 'amount', type: { kind: 'decimal' as const, width: 10, scale: 2 }, nullable: true },
    ],
    key: [0],
  }
  await store.commit({ streams: [{ name: 'shop.orders', kind: 'table', schema, partitions: 1 }] })
  const reader = store.reader()
  const lot = openParking({ source: 'shop', reader, clock: systemClock })
  const records = [
    record(100, 'NaN', 'VALUE_UNREADABLE'),
    record(101, '2.50', 'PARKED_BEHIND'),
    record(102, 'Infinity', 'VALUE_UNREADABLE', '8'),
  ]
  await store.commit({ control: records.flatMap((each) => lot.park(each)) })
  reader.close()
  await store.close()
})

afterEach(() => project.remove())

function record(transaction: number, amount: string, code: ParkedRecord['code'], key = '7'): ParkedRecord {
  return {
    source: 'shop',
    stream: 'shop.orders',
    partition: 0,
    transaction,
    index: 0,
    time: 0,
    operation: 'insert',
    key,
    place: `position ${transaction}`,
    code,
    reason: `amount is ${amount}`,
    raw: Buffer.from(`${key},${amount}`),
    row: { id: Number(key), amount },
    before: null,
  }
}

function parked(...words: string[]): Promise<Finished> {
  return runCli(['parked', ...words], { folder: project.folder })
}

async function rows(): Promise<string> {
  return (await runCli(['query', 'select id, amount from shop.orders order by id', '--json'], { folder: project.folder })).stdout
}

test('it is counted, listed and shown, each with its reason', async () => {
  expect((await parked()).stdout).toMatch(/shop\.orders +1 +PARKED_BEHIND[^]*shop\.orders +2 +VALUE_UNREADABLE/)
  expect((await parked('shop.orders')).stdout).toMatch(/shop\.orders\/0\/102\.0 +8 +insert +position 102 +amount is Infinity/)
  const one = await parked('shop.orders/0/100.0')
  expect(one.stdout).toContain('VALUE_UNREADABLE: amount is NaN')
  expect(one.stdout).toContain('came    7,NaN')
  expect(JSON.parse((await parked('shop.orders/0/100.0', '--json')).stdout)).toMatchObject({ row: { id: 7, amount: 'NaN' }, raw: '7,NaN' })
  expect(await parked('shop.orders/0/9.9')).toMatchObject({ code: 1, stderr: expect.stringContaining('PARKED_UNKNOWN') })
}, 60_000)

test('mended and replayed, it is in its stream, with what waited behind it', async () => {
  const id = 'shop.orders/0/100.0'
  expect(await parked(id, '--replay')).toMatchObject({ code: 1, stderr: expect.stringContaining('PARKED_NOT_READABLE') })
  expect(await parked('shop.orders/0/101.0', '--replay')).toMatchObject({ code: 1, stderr: expect.stringContaining('PARKED_NOT_FIRST') })
  const { code, stdout } = await parked(id, '--fix', '{"id": 7, "amount": "1.00"}', '--replay', '--json')
  expect([code, JSON.parse(stdout)]).toEqual([0, { replayed: [id, 'shop.orders/0/101.0'], refused: [] }])
  expect(await rows()).toContain('2.50')
  expect(JSON.parse((await parked('--json')).stdout)).toMatchObject({ stream: 'shop.orders', count: 1 })
}, 60_000)

test('all of it is exported, mended in the file, and taken back', async () => {
  const file = join(project.folder, 'parked.jsonl')
  expect((await parked('--export', file)).stdout).toContain('3 written')
  expect(await parked('--export', file)).toMatchObject({ code: 64 })
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll('"NaN"', '"3.00"').replaceAll('"Infinity"', 'null'))
  const { code, stdout } = await parked('--import', file, '--replay', '--json')
  expect([code, JSON.parse(stdout).replayed]).toEqual([0, ['shop.orders/0/100.0', 'shop.orders/0/101.0', 'shop.orders/0/102.0']])
  expect((await parked()).stdout).toContain('Nothing is parked')
  expect(await rows()).toContain('null')
}, 60_000)

test('of many, those with a fault are left and named, and the rest are replayed', async () => {
  await parked('shop.orders/0/100.0', '--fix', '{"id": 7, "amount": null}')
  const { code, stdout } = await parked('shop.orders', '--replay')
  expect(code).toBe(1)
  expect(stdout).toMatch(/2 replayed\.[^]*left +shop\.orders\/0\/102\.0 +PARKED_NOT_READABLE/)
  expect((await parked('shop.orders', '--drop')).stdout).toContain('1 let go')
  expect((await parked()).stdout).toContain('Nothing is parked')
}, 60_000)

test.each([
  [['--replay']],
  [['shop.orders', '--fix', '{}']],
  [['shop.orders/0/100.0', '--fix', 'x']],
  [['shop.orders/0/100.0', '--drop', '--replay']],
])(
  'what cannot be meant is refused: %j',
  async (words) => {
    expect(await parked(...words)).toMatchObject({ code: 64, stderr: expect.stringContaining('USAGE') })
  },
  60_000,
)
