/** However new objects become known, the streams are the same; against a real S3 server over a line that breaks. */
import type { CsvFormat, FilesSource } from '@millrace/core'
import { startFaultProxy } from '@millrace/testing'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { ACCESS_KEY, BUCKET, type BucketServer, SECRET_KEY, startBucketServer } from './fixtures/bucket-server.ts'
import { FilesRig } from './fixtures/files-rig.ts'

const ORDERS: CsvFormat = { type: 'csv', columns: { id: { type: 'int32', nullable: false }, name: 'text' } }
const ORDER = { files: '**/*.csv', format: ORDERS }

let server: BucketServer
const rigs: FilesRig[] = []

beforeAll(async () => {
  server = await startBucketServer()
  vi.stubEnv('MILLRACE_TEST_BUCKET_SECRET', SECRET_KEY)
})
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close()
})
afterAll(() => server.close())

function bucketRig(prefix: string, more: Partial<FilesSource> = {}): FilesRig {
  const rig = new FilesRig({
    from: `s3://${BUCKET}/${prefix}`,
    endpoint: server.endpoint,
    credentials: { accessKeyId: ACCESS_KEY, secretAccessKey: { secret: 'env', name: 'MILLRACE_TEST_BUCKET_SECRET' } },
    streams: { orders: ORDER },
    ...more,
  })
  rigs.push(rig)
  return rig
}

const row = (id: number): string => `id,name\n${id},n${id}\n`

test('push and poll end in equal streams, and what no notice told of is found by the poll', async () => {
  const [pushed, polled] = [bucketRig('same', { pollMs: 3_600_000 }), bucketRig('same', { pollMs: 30 })]
  await server.put('same/0.csv', row(0))
  for (const rig of [pushed, polled]) await rig.start()
  for (const rig of [pushed, polled]) await rig.until(() => rig.rows().length === 1)
  for (let id = 1; id <= 12; id += 1) {
    const key = `day=${id % 3}/orders ${id}.csv`
    await server.put(`same/${key}`, row(id))
    if (id % 4 === 0) await server.put(`same/${key}`, row(id + 100))
    pushed.capture?.notify([key, 'never/was.csv', key])
    const last = id % 4 === 0 ? id + 100 : id
    for (const rig of [pushed, polled]) await rig.until(() => rig.rows().at(-1) === `${last} n${last}`)
  }
  await server.put('same/unheard.csv', row(99))
  await polled.until(() => polled.rows().length === pushed.rows().length + 1)
  // A notice without a name asks for a look at everything.
  pushed.capture?.notify([])
  await pushed.until(() => pushed.rows().length === polled.rows().length)
  // Which of two quick versions of one object is seen is chance; all else is equal.
  const settled = (rig: FilesRig): string[] => rig.rows().filter((text) => Number(text.split(' ')[0]) < 100)
  expect(settled(pushed).filter((text) => !/^(4|8|12) /.test(text))).toEqual(settled(polled).filter((text) => !/^(4|8|12) /.test(text)))
  expect(new Set(pushed.rows()).size).toBe(pushed.rows().length)
})

test('over a line that breaks again and again, every record is there once', async () => {
  const proxy = await startFaultProxy({ target: { port: server.port } })
  const rig = bucketRig('broken', { endpoint: `http://127.0.0.1:${proxy.port}` })
  const rows = 200_000
  await server.put('broken/large.csv', `id,name\n${Array.from({ length: rows }, (_, id) => `${id},${'y'.repeat(20)}`).join('\n')}\n`)
  for (let id = 0; id < 5; id += 1) await server.put(`broken/small-${id}.csv`, row(rows + id))
  proxy.behave({ toClient: { resetAfterBytes: 600_000 } })
  await rig.start()
  const stumble = setInterval(() => proxy.reset(), 250)
  await rig.until(() => rig.count() >= 5)
  clearInterval(stumble)
  await rig.until(() => rig.count() === rows + 5)
  expect(new Set(rig.changes('in.orders').map(({ after }) => after[0])).size).toBe(rows + 5)
  expect(proxy.accepted).toBeGreaterThan(5)
  await rig.stop()
  await proxy.close()
})

test('a bucket whose objects are read and put again as they were is not read again', async () => {
  const rig = bucketRig('again')
  await server.put('again/a.csv', row(1))
  await rig.start()
  await rig.until(() => rig.rows().length === 1)
  await server.put('again/a.csv', row(1))
  await rig.idle()
  expect(rig.rows()).toHaveLength(1)
  await server.put('again/a.csv', row(2))
  await rig.until(() => rig.rows().length === 2)
})
