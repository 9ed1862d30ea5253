/** Notices that come by a queue, against a server that speaks SQS. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { systemClock } from '@millrace/base'
import { Door } from '@millrace/guard'
import { type FauxqsServer, startFauxqs } from 'fauxqs'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { FilesRig } from '../fixtures/files-rig.ts'
import { ACCESS_KEY, BUCKET, type BucketServer, SECRET_KEY, startBucketServer } from '../fixtures/bucket-server.ts'
import { isSignedWith } from '../fixtures/signature.ts'
import { inspectFiles } from '../inspect-files.ts'
import { QueueClient } from './queue-client.ts'

const QUEUE = 'new-files'
const HOUR_MS = 3_600_000

let bucket: BucketServer
let queue: FauxqsServer
const rigs: FilesRig[] = []

beforeAll(async () => {
  bucket = await startBucketServer()
  queue = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false })
  vi.stubEnv('MILLRACE_TEST_QUEUE_SECRET', SECRET_KEY)
})
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close()
  queue.deleteQueue(QUEUE)
})
afterAll(async () => {
  await bucket.close()
  await queue.stop()
})

const queueUrl = (): string => `http://127.0.0.1:${queue.port}/000000000000/${QUEUE}`
const row = (id: number): string => `id,name\n${id},n${id}\n`

/** It polls too seldom for a poll to help. */
function rigAt(prefix: string): FilesRig {
  const rig = new FilesRig({
    from: `s3://${BUCKET}/${prefix}`,
    endpoint: bucket.endpoint,
    credentials: { accessKeyId: ACCESS_KEY, secretAccessKey: { secret: 'env', name: 'MILLRACE_TEST_QUEUE_SECRET' } },
    notices: { queue: queueUrl() },
    pollMs: HOUR_MS,
    streams: { orders: { files: '**/*.csv', format: { type: 'csv', columns: { id: 'int32', name: 'text' } } } },
  })
  rigs.push(rig)
  return rig
}

/** As S3 tells of an object, which spells its key as forms do. */
function event(key: string): string {
  const record = {
    eventName: 'ObjectCreated:Put',
    s3: { bucket: { name: BUCKET }, object: { key: encodeURIComponent(key).replaceAll('%20', '+') } },
  }
  return JSON.stringify({ Records: [record] })
}

const left = (): number => {
  const { ready = [], inflight = [] } = queue.inspectQueue(QUEUE)?.messages ?? {}
  return ready.length + inflight.length
}

test('what a queue tells of is read at once, bare or as SNS wraps it, and its messages are gone', async () => {
  queue.createQueue(QUEUE)
  const rig = rigAt('told')
  await rig.start()
  await rig.until(() => rig.observation.phase === 'running')
  await bucket.put('told/a day/1.csv', row(1))
  queue.sendMessage(QUEUE, event('told/a day/1.csv'))
  await rig.until(() => rig.rows().length === 1)
  await bucket.put('told/2.csv', row(2))
  queue.sendMessage(QUEUE, JSON.stringify({ Type: 'Notification', Message: event('told/2.csv') }))
  await rig.until(() => rig.rows().length === 2)
  // Told twice, told of what is elsewhere, and of what never was.
  for (const key of ['told/2.csv', 'elsewhere/3.csv', 'told/never.csv']) queue.sendMessage(QUEUE, event(key))
  await rig.until(() => left() === 0)
  expect(rig.rows()).toEqual(['1 n1', '2 n2'])
})

test('what was told while nobody listened is read once, at the next start', async () => {
  queue.createQueue(QUEUE)
  const rig = rigAt('asleep')
  await bucket.put('asleep/1.csv', row(1))
  queue.sendMessage(QUEUE, event('asleep/1.csv'))
  await rig.start()
  await rig.until(() => rig.rows().length === 1 && left() === 0)
  await rig.stop()
  await bucket.put('asleep/2.csv', row(2))
  queue.sendMessage(QUEUE, event('asleep/2.csv'))
  await rig.start()
  // The message itself may have gone to the listener that was stopped; then it comes again later.
  await rig.until(() => rig.rows().length === 2)
  expect(rig.rows()).toEqual(['1 n1', '2 n2'])
})

test('law 6: a message that is no notice stays in the queue and is counted, and those behind it are taken', async () => {
  queue.createQueue(QUEUE)
  queue.sendMessage(QUEUE, '{"hello":"world"}')
  queue.sendMessage(QUEUE, 'no JSON')
  const rig = rigAt('strange')
  await rig.start()
  await rig.until(() => Number(rig.observation.evidence['queueStrangeMessages']) >= 2)
  await bucket.put('strange/1.csv', row(1))
  queue.sendMessage(QUEUE, event('strange/1.csv'))
  await rig.until(() => rig.rows().length === 1 && left() === 2)
  expect(rig.rows()).toEqual(['1 n1'])
})

test('law 6: a queue that is not there is told, the source goes on, and the queue is heard once it is there', async () => {
  await bucket.put('missing/1.csv', row(1))
  const rig = rigAt('missing')
  await rig.start()
  await rig.until(() => rig.rows().length === 1 && rig.observation.evidence['queueProblem'] !== null)
  expect(rig.observation).toMatchObject({
    phase: 'running',
    error: null,
    evidence: { queueProblem: expect.stringContaining('QueueDoesNotExist') },
  })
  const place = { name: 'in', config: rig.config, folder: rig.folder, door: rig.door }
  expect(await inspectFiles(place)).toContainEqual(
    expect.objectContaining({ check: 'queue', ok: false, fix: expect.stringContaining('`notices`') }),
  )
  queue.createQueue(QUEUE)
  await bucket.put('missing/2.csv', row(2))
  queue.sendMessage(QUEUE, event('missing/2.csv'))
  await rig.until(() => rig.rows().length === 2)
  await rig.until(() => rig.observation.evidence['queueProblem'] === null)
  expect(await inspectFiles(place)).toContainEqual({
    check: 'queue',
    ok: true,
    detail: `about 0 messages wait in the queue at 127.0.0.1:${queue.port}`,
  })
})

test('a request is signed for the queue, its body included', async () => {
  const seen: boolean[] = []
  const server = createServer(async (request, response) => {
    const body = await buffer(request)
    seen.push(
      isSignedWith(SECRET_KEY, request, body),
      isSignedWith('another', request, body),
      isSignedWith(SECRET_KEY, request, Buffer.from('{}')),
    )
    response.end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/1/q`
  const credentials = { accessKeyId: ACCESS_KEY, secretAccessKey: { secret: 'env', name: 'MILLRACE_TEST_QUEUE_SECRET' } } as const
  const door = new Door({ allowInside: ['127.0.0.1'] })
  const client = new QueueClient({ source: 'in', address: { url, region: 'eu-west-1', credentials }, door, clock: systemClock })
  expect(await client.receive(new AbortController().signal)).toEqual([])
  expect(seen).toEqual([true, false, false])
  server.closeAllConnections()
  server.close()
})

test.each([
  ['a queue that is not there', () => queueUrl(), 'QueueDoesNotExist'],
  ['a server that is not there', () => 'http://127.0.0.1:1/1/q', '127.0.0.1'],
])('%s fails by the name of what was asked', async (_, url, what) => {
  const door = new Door({ allowInside: ['127.0.0.1'] })
  const client = new QueueClient({
    source: 'in',
    address: { url: url(), region: 'eu-west-1', credentials: undefined },
    door,
    clock: systemClock,
  })
  await expect(client.waiting(new AbortController().signal)).rejects.toMatchObject({
    code: 'SOURCE_QUEUE_FAILED',
    message: expect.stringMatching(new RegExp(`GetQueueAttributes.*${what}`)),
  })
})
