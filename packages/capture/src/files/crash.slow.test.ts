/** A process that reads files is killed in the middle of them; what a second one then has is what one alone would have. */
import { afterEach, beforeAll, expect, test } from 'vitest'
import { startChild } from './fixtures/child.ts'
import { FilesRig, type RigConfig } from './fixtures/files-rig.ts'

const PROCESS = new URL('fixtures/files-process.ts', import.meta.url)
const CONFIG: RigConfig = {
  streams: {
    orders: { files: '*.csv', format: { type: 'csv', columns: { id: { type: 'int32', nullable: false }, name: 'text' } } },
  },
}

const large = (from: number, count: number): string => {
  const rows = Array.from({ length: count }, (_, at) => `${from + at},${'x'.repeat(40)}${from + at}`)
  rows[Math.floor(count / 2)] = 'bad,row'
  return `id,name\n${rows.join('\n')}\n`
}

function fill(rig: FilesRig): void {
  rig.put('a.csv', 'id,name\n1,a\n2,b\n')
  rig.put('b.csv', large(1000, 250_000))
  rig.put('c.csv', 'id,name\n3,c\nworse,row\n')
  rig.put('d.csv', large(300_000, 120_000))
  rig.put('e.csv', 'id,name\n4,d\n')
}

const rigs: FilesRig[] = []
let expected: { changes: string[]; parked: string[] }

function rigWith(): FilesRig {
  const rig = new FilesRig(CONFIG)
  fill(rig)
  return rig
}

function whole(rig: FilesRig): typeof expected {
  return {
    changes: rig.changes('in.orders').map(({ transaction, index, after }) => `${transaction}.${index} ${String(after[0])}`),
    parked: rig.parked().map(({ transaction, index, place }) => `${transaction}.${index} ${place}`),
  }
}

beforeAll(async () => {
  const rig = rigWith()
  await rig.start()
  await rig.idle()
  expected = whole(rig)
  await rig.close()
})

afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close()
})

test('unkilled, every record that can be read is there', () => {
  expect(expected.changes).toHaveLength(370_002)
  expect(expected.parked).toHaveLength(3)
})

test.each([
  'files.in-version:1',
  'files.in-version:3',
  'files.in-version:2',
  'files.before-show:1',
  'files.before-show:2',
  'files.after-show:1',
  'files.after-show:2',
  'store.before-commit:4',
  'store.after-commit:6',
  'store.before-commit:8',
])('laws 1, 2 and 5: killed at %s, every record is there once, under the identity that it would have had', async (point) => {
  const rig = rigWith()
  rigs.push(rig)
  const child = startChild(PROCESS, [rig.folder, JSON.stringify(rig.config)], { MILLRACE_CRASH_AT: point })
  expect(await child.ended).toBe('SIGKILL')
  await rig.start()
  await rig.idle()
  expect(whole(rig)).toEqual(expected)
  expect(rig.store.reader().control('select count(*) as open from store_tail')).toEqual([{ open: 0 }])
})

test('laws 1 and 2: killed again and again at any moment, every record is there once', async () => {
  const rig = rigWith()
  rigs.push(rig)
  for (const delay of [150, 300, 350, 500, 450, 600]) {
    const child = startChild(PROCESS, [rig.folder, JSON.stringify(rig.config)])
    await new Promise((resolve) => setTimeout(resolve, delay))
    child.kill()
    await child.ended
  }
  await rig.start()
  await rig.idle()
  expect(whole(rig)).toEqual(expected)
})

test('a file that was begun comes first and keeps its number, though an older one came meanwhile', async () => {
  // With marks, a file is read as soon as it is seen.
  const rig = new FilesRig({ ...CONFIG, doneSuffix: '.done' })
  rigs.push(rig)
  fill(rig)
  for (const name of ['a', 'b', 'c', 'd', 'e']) rig.put(`${name}.csv.done`, '')
  const child = startChild(PROCESS, [rig.folder, JSON.stringify(rig.config)], { MILLRACE_CRASH_AT: 'files.in-version:1' })
  expect(await child.ended).toBe('SIGKILL')
  rig.put('older.csv', 'id,name\n9,z\n', 1000)
  rig.put('older.csv.done', '')
  await rig.start()
  await rig.idle()
  const changes = rig.changes('in.orders')
  expect(changes[2]).toMatchObject({ transaction: 2, after: [1000, expect.any(String)] })
  expect(changes.find(({ after }) => after[0] === 9)?.transaction).toBe(3)
  expect(changes).toHaveLength(370_003)
})
