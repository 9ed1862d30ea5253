import { readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import type { CsvFormat, FileFormat } from '@millrace/core'
import { afterEach, expect, test } from 'vitest'
import { startChild } from './fixtures/child.ts'
import { FilesRig, type FilesRigOptions, type RigConfig } from './fixtures/files-rig.ts'

const rigs: FilesRig[] = []

afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close()
})

const ORDERS: CsvFormat = { type: 'csv', columns: { id: { type: 'int32', nullable: false }, name: 'text' } }

function rigWith(more: Partial<RigConfig> = {}, options: FilesRigOptions = {}): FilesRig {
  const rig = new FilesRig({ streams: { orders: { files: 'orders-*', format: ORDERS } }, ...more }, options)
  rigs.push(rig)
  return rig
}

const lines = (from: number, to: number): string =>
  `id,name\n${Array.from({ length: to - from + 1 }, (_, at) => `${from + at},n${from + at}\n`).join('')}`

test('several files are one stream, by the time of each and then its name, compressed or not', async () => {
  const rig = rigWith()
  rig.put('orders-b.csv', lines(3, 3), 2000)
  rig.put('orders-c.csv.gz', gzipSync(lines(4, 4)), 2000)
  rig.put('orders-z.csv', lines(1, 2), 1000)
  rig.put('orders-a.zst', zstdCompressSync(lines(5, 5)), 3000)
  rig.put('other.csv', 'not ours')
  await rig.start()
  await rig.idle()
  expect(rig.rows()).toEqual(['1 n1', '2 n2', '3 n3', '4 n4', '5 n5'])
  rig.put('orders-late.csv', lines(6, 6), 500)
  await rig.idle()
  expect(rig.rows().at(-1)).toBe('6 n6')
})

test('law 5: each change is known by its version and its place in the file', async () => {
  const rig = rigWith()
  rig.put('orders-1.csv', lines(1, 2))
  rig.put('orders-2.csv', 'id,name\n3,n3\nx,bad\n5,n5\n')
  await rig.start()
  await rig.idle()
  expect(rig.changes('in.orders').map(({ transaction, index, operation }) => [transaction, index, operation])).toEqual([
    [1, 0, 'insert'],
    [1, 1, 'insert'],
    [2, 0, 'insert'],
    [2, 2, 'insert'],
  ])
  expect(rig.parked()).toMatchObject([
    { stream: 'in.orders', transaction: 2, index: 1, place: 'orders-2.csv, line 3', code: 'CAPTURE_FILE_RECORD' },
  ])
})

test('a restart reads nothing twice, and goes on with what came meanwhile', async () => {
  const rig = rigWith()
  rig.put('orders-1.csv', lines(1, 2))
  await rig.start()
  await rig.idle()
  await rig.stop()
  rig.put('orders-2.csv', lines(3, 3))
  await rig.start()
  await rig.idle()
  expect(rig.rows()).toEqual(['1 n1', '2 n2', '3 n3'])
  expect(rig.changes('in.orders').at(-1)?.transaction).toBe(2)
})

test('a file that is touched, copied over itself or moved away and back is not read again; one that changed is', async () => {
  const rig = rigWith()
  rig.put('orders-1.csv', lines(1, 2))
  await rig.start()
  await rig.idle()
  utimesSync(join(rig.inbox, 'orders-1.csv'), 1_800_000_000, 1_800_000_000)
  await rig.idle()
  rig.put('orders-1.csv', lines(1, 2))
  await rig.idle()
  expect(rig.rows()).toEqual(['1 n1', '2 n2'])
  expect(rig.observation.evidence['filesUnchanged']).toBe(2)
  rig.put('orders-1.csv', lines(3, 4))
  await rig.idle()
  expect(rig.rows()).toEqual(['1 n1', '2 n2', '3 n3', '4 n4'])
})

test('a file that is still written is not read', async () => {
  const rig = rigWith({ settleMs: 400 })
  await rig.start()
  const path = join(rig.inbox, 'orders-1.csv')
  let written = 'id,name\n'
  for (let row = 1; row <= 6; row += 1) {
    written += `${row},n${row}\n`
    writeFileSync(path, written)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(rig.rows()).toEqual([])
  }
  await rig.until(() => rig.rows().length > 0)
  await rig.idle()
  expect(rig.rows()).toHaveLength(6)
  expect(rig.changes('in.orders').every(({ transaction }) => transaction === 1)).toBe(true)
})

test('with a mark of completion a file is read when its mark is there, and again when both are newer', async () => {
  const rig = rigWith({ doneSuffix: '.done', streams: { orders: { files: 'orders-?.csv', format: ORDERS } } })
  rig.put('orders-1.csv', lines(1, 1))
  await rig.start()
  await rig.until(() => rig.observation.evidence['filesUnmarked'] === 1)
  await rig.idle()
  expect(rig.rows()).toEqual([])
  rig.put('orders-1.csv.done', '')
  await rig.idle()
  expect(rig.rows()).toEqual(['1 n1'])
  rig.put('orders-1.csv', lines(2, 2))
  await rig.idle()
  expect(rig.rows()).toEqual(['1 n1'])
  rig.put('orders-1.csv.done', '')
  await rig.idle()
  expect(rig.rows()).toEqual(['1 n1', '2 n2'])
})

test('law 8: a file of any size appears in one cut, by way of the open tail', async () => {
  const rig = rigWith()
  rig.put('orders-1.csv', lines(1, 900_000))
  await rig.start()
  await rig.idle()
  const reader = rig.store.reader()
  const cuts = new Set([...reader.read('in.orders')].map(({ cut }) => cut))
  expect(cuts.size).toBe(1)
  expect(reader.extents('in.orders')).toMatchObject([{ next: 900_000 }])
  expect(reader.control('select count(*) as open from store_tail')).toEqual([{ open: 0 }])
  expect(rig.rows().at(-1)).toBe('900000 n900000')
})

test('law 9: a file whose control totals disagree is parked as a whole, and the others flow on', async () => {
  const totals = [{ name: 'rows', of: 'count', field: 2 } as const]
  const rig = rigWith({ streams: { orders: { files: '*', format: { ...ORDERS, trailer: { code: 'END', totals } } } } })
  rig.put('a.csv', 'id,name\n1,a\nEND,1\n')
  rig.put('b.csv', 'id,name\n2,b\n3,c\nEND,3\n')
  rig.put('c.csv', 'id,name\n4,d\n')
  rig.put('d.csv', 'id,name\n5,e\nEND,1\n')
  await rig.start()
  await rig.idle()
  expect(rig.rows()).toEqual(['1 a', '5 e'])
  expect(rig.files()).toEqual({ 'a.csv': 'done', 'b.csv': 'parked', 'c.csv': 'parked', 'd.csv': 'done' })
  expect(rig.parked()).toMatchObject([
    { place: 'b.csv', code: 'CAPTURE_FILE_TOTALS', row: null },
    { place: 'c.csv', code: 'CAPTURE_FILE_TOTALS' },
  ])
  rig.put('b.csv', 'id,name\n2,b\n3,c\nEND,2\n')
  await rig.idle()
  expect(rig.rows()).toEqual(['1 a', '5 e', '2 b', '3 c'])
})

test('law 9: a large file that fails at its end leaves nothing behind but itself, parked', async () => {
  const totals = [{ name: 'rows', of: 'count', field: 2 } as const]
  const rig = rigWith({ streams: { orders: { files: '*', format: { ...ORDERS, trailer: { code: 'END', totals } } } } })
  rig.put('a.csv', `${lines(1, 500_000).replace('250000,n250000', 'x,bad')}END,4\n`)
  rig.put('b.csv', 'id,name\n1,b\nEND,1\n')
  await rig.start()
  await rig.idle()
  expect(rig.rows()).toEqual(['1 b'])
  expect(rig.parked().map(({ code, place }) => [code, place])).toEqual([['CAPTURE_FILE_TOTALS', 'a.csv']])
  expect(rig.store.reader().control('select count(*) as open from store_tail')).toEqual([{ open: 0 }])
})

test('law 9: a damaged archive and a file of another format are parked as a whole', async () => {
  const rig = rigWith()
  const archive = gzipSync(lines(1, 1000))
  rig.put('orders-1.gz', archive.subarray(0, archive.length - 200))
  rig.put('orders-2.csv', `id,name\n${'x,y\n'.repeat(1001)}`)
  rig.put('orders-3.csv', lines(3, 3))
  await rig.start()
  await rig.idle()
  expect(rig.rows()).toEqual(['3 n3'])
  expect(rig.parked().map(({ place, code }) => [place, code])).toEqual([
    ['orders-1.gz', expect.stringMatching(/^FILE_/)],
    ['orders-2.csv', 'CAPTURE_FILE_BAD_RECORDS'],
  ])
})

test('a file that was parked is tried again when its declaration is another one', async () => {
  const rig = rigWith()
  rig.put('orders-1.csv', `id;name\n${'1;a\n'.repeat(2)}`)
  await rig.start()
  await rig.idle()
  expect(rig.files()).toEqual({ 'orders-1.csv': 'parked' })
  await rig.stop()
  rig.config = { ...rig.config, streams: { orders: { files: 'orders-*', format: { ...ORDERS, delimiter: ';' } } } }
  await rig.start()
  await rig.idle()
  expect(rig.rows()).toEqual(['1 a', '1 a'])
})

test('several types of record of one file go to several streams', async () => {
  const field = (name: string, start: number, length: number, type: 'text' | 'int32' = 'text') => ({ name, start, length, type })
  const format: FileFormat = {
    type: 'fixed-width',
    code: { start: 1, length: 1 },
    layouts: {
      orders: { code: 'O', fields: [field('id', 2, 3, 'int32'), field('name', 5, 4)] },
      items: { code: 'I', fields: [field('id', 2, 3, 'int32'), field('pieces', 5, 2, 'int32')] },
      end: {
        code: 'E',
        role: 'trailer',
        fields: [field('count', 2, 3, 'int32')],
        totals: [{ name: 'records', of: 'count', field: 'count' }],
      },
    },
  }
  const rig = rigWith({ streams: { bank: { files: '*.dat', format } } })
  rig.put('a.dat', 'O001ann \nI00102\nO002bob \nI00203\nI00204\nE005\n')
  await rig.start()
  await rig.idle()
  expect(rig.rows('in.bank_orders')).toEqual(['1 ann', '2 bob'])
  expect(rig.rows('in.bank_items')).toEqual(['1 2', '2 3', '2 4'])
  expect(rig.changes('in.bank_items').map(({ index }) => index)).toEqual([1, 3, 4])
})

test('with a key, what follows a parked record of its key is parked behind it', async () => {
  const format: CsvFormat = { type: 'csv', columns: { id: 'int32', amount: 'int32' } }
  const rig = rigWith({ streams: { orders: { files: '*', format, key: ['id'] } } })
  rig.put('a.csv', 'id,amount\n1,10\n2,x\n,5\n')
  await rig.start()
  await rig.idle()
  rig.put('b.csv', 'id,amount\n1,11\n2,20\n')
  await rig.idle()
  expect(rig.rows()).toEqual(['1 10', '1 11'])
  expect(rig.parked().map(({ key, code, place }) => [key, code, place])).toEqual([
    ['[2]', 'CAPTURE_FILE_RECORD', 'a.csv, line 3'],
    [null, 'CAPTURE_FILE_RECORD', 'a.csv, line 4'],
    ['[2]', 'PARKED_BEHIND', 'b.csv, record 2'],
  ])
})

test('with partitions, a key stays in its own and nothing is lost', async () => {
  const rig = rigWith({ streams: { orders: { files: '*', format: ORDERS, key: ['id'] } } }, { partitions: 4 })
  rig.put('a.csv', lines(1, 40))
  rig.put('b.csv', lines(1, 40))
  await rig.start()
  await rig.idle()
  const reader = rig.store.reader()
  const where = new Map<string, Set<number>>()
  for (const stored of reader.read('in.orders')) {
    const values = stored.batch().after[0]?.values as Float64Array
    for (const id of values) where.set(String(id), (where.get(String(id)) ?? new Set()).add(stored.partition))
  }
  expect(where.size).toBe(40)
  expect([...where.values()].every((partitions) => partitions.size === 1)).toBe(true)
  expect(new Set([...where.values()].flatMap((partitions) => [...partitions])).size).toBe(4)
  expect(rig.rows()).toHaveLength(80)
})

test('a file that may not be read waits alone, and the others flow on', async () => {
  const listed = (key: string): string =>
    `<Contents><Key>${key}</Key><LastModified>2026-11-21T09:00:00.000Z</LastModified><ETag>"1"</ETag><Size>13</Size></Contents>`
  const bucket = createServer((request, response) => {
    if (request.url?.includes('list-type') === true) response.end(`<R>${listed('orders-1.csv')}${listed('orders-2.csv')}</R>`)
    else if (request.url?.endsWith('orders-1.csv') === true) response.writeHead(403).end()
    else response.end('id,name\n2,n2\n')
  })
  await new Promise<void>((resolve) => bucket.listen(0, '127.0.0.1', resolve))
  const { port } = bucket.address() as AddressInfo
  const rig = rigWith({ from: 's3://box', endpoint: `http://127.0.0.1:${port}`, pollMs: 20 })
  await rig.start()
  await rig.until(() => rig.count() === 1)
  expect(rig.files()).toEqual({ 'orders-1.csv': 'waiting', 'orders-2.csv': 'done' })
  expect(rig.store.reader().control(`select code from file_version where status = 'waiting'`)).toEqual([{ code: 'CAPTURE_FILE_REFUSED' }])
  await rig.stop()
  bucket.close()
})

test('a place that is not there is told with its way out, and taken up when it comes back', async () => {
  const rig = rigWith()
  rmSync(rig.inbox, { recursive: true })
  await rig.start()
  await rig.until(() => rig.observation.error?.code === 'SOURCE_FOLDER_MISSING')
  expect(rig.observation.phase).toBe('retrying')
  rig.put('orders-1.csv', lines(1, 1))
  await rig.until(() => rig.rows().length === 1)
  expect(rig.observation.error).toBeNull()
})

test('law 6: silence is told apart by evidence', async () => {
  const rig = rigWith()
  rig.put('orders-1.csv', lines(1, 3))
  await rig.start()
  await rig.idle()
  expect(rig.observation).toMatchObject({
    kind: 'source',
    phase: 'running',
    changes: 3,
    backlog: 0,
    evidence: { place: rig.inbox, filesThatFit: 1, filesWaiting: 0, filesDone: 1, newestFile: 'orders-1.csv', bytesBehind: 0 },
  })
  expect(readdirSync(rig.folder).toSorted()).not.toContain('scratch')
})

const CUSTOMERS: CsvFormat = { type: 'csv', columns: { id: 'int32', name: 'text' } }

function tableRig(partitions = 1): FilesRig {
  return rigWith({ streams: { orders: { files: '*.csv', format: CUSTOMERS, key: ['id'], rows: 'replace' } } }, { partitions })
}

const told = (rig: FilesRig): unknown[] =>
  rig.changes('in.orders').map(({ operation, after, before, transaction, index }) => {
    const known = before?.every((value) => value === undefined) === true ? null : before
    return [operation, after, known, `${transaction}.${index}`]
  })

test('a file that is a whole table becomes what it changes in it: rows that are new, others, or gone', async () => {
  const rig = tableRig()
  rig.put('monday.csv', 'id,name\n1,ann\n2,bob\n3,cid\n')
  await rig.start()
  await rig.idle()
  rig.put('tuesday.csv', 'id,name\n3,cid\n2,BOB\n4,dan\n')
  await rig.idle()
  rig.put('tuesday.csv', 'id,name\n4,dan\n2,BOB\n3,cid\n')
  await rig.idle()
  expect(told(rig)).toEqual([
    ['insert', [1, 'ann'], null, '1.0'],
    ['insert', [2, 'bob'], null, '1.1'],
    ['insert', [3, 'cid'], null, '1.2'],
    ['update', [2, 'BOB'], [2, 'bob'], '2.1'],
    ['insert', [4, 'dan'], null, '2.2'],
    ['delete', [1, 'ann'], null, '2.3'],
  ])
})

test('a record of a table that cannot be read is not taken for a row that is gone', async () => {
  const rig = rigWith({
    streams: {
      orders: { files: '*.csv', format: { type: 'csv', columns: { id: 'int32', amount: 'int32' } }, key: ['id'], rows: 'replace' },
    },
  })
  rig.put('1.csv', 'id,amount\n1,10\n2,20\n3,30\n')
  rig.put('2.csv', 'id,amount\n1,x\n3,31\n3,32\n')
  rig.put('3.csv', 'id,amount\n,5\n')
  rig.put('4.csv', 'id,amount\n1,10\n3,31\n')
  await rig.start()
  await rig.idle()
  expect(told(rig).slice(3)).toEqual([
    ['update', [3, 31], [3, 30], '2.1'],
    ['delete', [2, 20], null, '2.3'],
    ['update', [1, 10], null, '4.0'],
  ])
  expect(rig.parked().map(({ place, code }) => [place, code])).toEqual([
    ['2.csv, line 2', 'CAPTURE_FILE_RECORD'],
    ['2.csv, record 3', 'CAPTURE_FILE_KEY_REPEATED'],
    ['3.csv', 'CAPTURE_FILE_UNREADABLE'],
  ])
})

test('laws 1 and 8: large tables are told from one another on disk, in one cut, and again after a failure', async () => {
  const rig = tableRig(2)
  const table = (rows: number, mark: string): string =>
    `id,name\n${Array.from({ length: rows }, (_, id) => `${id},${id % 1000 === 7 ? mark : 'same'}${'-'.repeat(300)}`).join('\n')}\n`
  rig.put('1.csv', table(31_000, 'first'))
  await rig.start()
  await rig.idle()
  await rig.stop()
  rig.put('2.csv', table(30_000, 'second'))
  await rig.closeStore()
  const child = startChild(new URL('fixtures/files-process.ts', import.meta.url), [rig.folder, JSON.stringify(rig.config), '2'], {
    MILLRACE_CRASH_AT: 'files.in-version:2',
  })
  expect(await child.ended).toBe('SIGKILL')
  await rig.start()
  await rig.idle()
  const changes = rig.changes('in.orders').filter(({ transaction }) => transaction > 1)
  expect(changes.filter(({ operation }) => operation === 'update')).toHaveLength(30)
  expect(changes.filter(({ operation }) => operation === 'delete')).toHaveLength(1000)
  expect(changes).toHaveLength(1030)
  expect(rig.store.reader().control('select count(*) as rows from file_table_row')).toEqual([{ rows: 30_000 }])
})
