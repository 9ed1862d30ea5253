import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { seededRandom, systemClock } from '@millrace/base'
import type { FilesSource } from '@millrace/core'
import { Door } from '@millrace/guard'
import { type FaultProxy, startFaultProxy } from '@millrace/testing'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { ACCESS_KEY, BUCKET, type BucketServer, SECRET_KEY, startBucketServer } from '../fixtures/bucket-server.ts'
import { isSignedWith } from '../fixtures/signature.ts'
import type { ListedObject, ObjectStore } from './object-store.ts'
import { openObjectStore } from './open-object-store.ts'

let server: BucketServer
const door = new Door({ allowInside: ['127.0.0.1'] })
const proxies: FaultProxy[] = []
const { signal } = new AbortController()

beforeAll(async () => {
  server = await startBucketServer()
  vi.stubEnv('MILLRACE_TEST_BUCKET_SECRET', SECRET_KEY)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  vi.stubEnv('MILLRACE_TEST_BUCKET_SECRET', SECRET_KEY)
  for (const proxy of proxies.splice(0)) await proxy.close()
})
afterAll(async () => {
  door.close()
  await server.close()
})

function storeAt(config: Partial<FilesSource> = {}, through: Door = door): ObjectStore {
  const whole: FilesSource = {
    kind: 'files',
    from: `s3://${BUCKET}/in`,
    endpoint: server.endpoint,
    credentials: { accessKeyId: ACCESS_KEY, secretAccessKey: { secret: 'env', name: 'MILLRACE_TEST_BUCKET_SECRET' } },
    streams: { orders: { files: '**', format: { type: 'csv' } } },
    ...config,
  }
  return openObjectStore({ name: 'inbox', config: whole, folder: '.', door: through }, { clock: systemClock, random: seededRandom(1) })
}

async function listed(store: ObjectStore): Promise<ListedObject[]> {
  const objects: ListedObject[] = []
  for await (const page of store.pages(signal)) objects.push(...page)
  return objects
}

async function bytes(store: ObjectStore, object: ListedObject): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of store.read(object, signal)) pieces.push(piece)
  return Buffer.concat(pieces)
}

async function proxied(): Promise<{ proxy: FaultProxy; store: ObjectStore }> {
  const proxy = await startFaultProxy({ target: { port: server.port } })
  proxies.push(proxy)
  return { proxy, store: storeAt({ endpoint: `http://127.0.0.1:${proxy.port}` }) }
}

const code = (name: string): unknown => expect.objectContaining({ code: name })

test('objects of any name are listed, looked at and read', async () => {
  const names = ['plain.csv', 'with space+plus&amp.csv', 'ümläut-日本.csv', "quote's (1)!*.csv", 'deep/er/x=1/%41.csv']
  for (const name of names) await server.put(`in/names/${name}`, `of ${name}`)
  await server.put('elsewhere/x', 'x')
  const store = storeAt({ from: `s3://${BUCKET}/in/names/` })
  const objects = await listed(store)
  expect(objects.map(({ key }) => key).toSorted()).toEqual(names.toSorted())
  for (const object of objects) {
    expect(await store.look(object.key, signal)).toEqual(object)
    expect((await bytes(store, object)).toString()).toBe(`of ${object.key}`)
  }
  expect(await store.look('plain', signal)).toBeNull()
})

test('a bucket of more than a page is listed whole', async () => {
  for (let at = 0; at < 1203; at += 40) {
    const some = Array.from({ length: Math.min(40, 1203 - at) }, (_, more) => `in/many/${String(at + more).padStart(5, '0')}.csv`)
    await Promise.all(some.map((key) => server.put(key, 'x')))
  }
  const objects = await listed(storeAt({ from: `s3://${BUCKET}/in/many` }))
  expect(objects).toHaveLength(1203)
  expect(new Set(objects.map(({ key }) => key)).size).toBe(1203)
})

test('only what patterns can fit is listed', async () => {
  await server.put('in/some/orders-1.csv', 'x')
  await server.put('in/some/items-1.csv', 'x')
  const store = storeAt({ from: `s3://${BUCKET}/in/some`, streams: { orders: { files: 'orders-*', format: { type: 'csv' } } } })
  expect((await listed(store)).map(({ key }) => key)).toEqual(['orders-1.csv'])
})

test('a transfer that is cut goes on at the byte where it broke, as often as it must', async () => {
  const content = randomBytes(3_000_000)
  await server.put('in/large.bin', content)
  const { proxy, store } = await proxied()
  const object = (await store.look('large.bin', signal)) as ListedObject
  proxy.reset()
  proxy.behave({ toClient: { resetAfterBytes: 700_000 } })
  expect((await bytes(store, object)).equals(content)).toBe(true)
  expect(proxy.accepted).toBeGreaterThanOrEqual(5)
})

test('a transfer that never brings anything is given up with the place and the reason', async () => {
  await server.put('in/stuck.bin', randomBytes(100_000))
  const { proxy, store } = await proxied()
  const object = (await store.look('stuck.bin', signal)) as ListedObject
  proxy.reset()
  proxy.behave({ refuse: true })
  await expect(bytes(store, object)).rejects.toThrowError(code('SOURCE_BUCKET_FAILED'))
})

test('an object that changed is not read as the version that was listed, in the middle neither', async () => {
  await server.put('in/change.bin', randomBytes(2_000_000))
  const { proxy, store } = await proxied()
  const object = (await store.look('change.bin', signal)) as ListedObject
  proxy.behave({ toClient: { resetAfterBytes: 600_000 } })
  const reading = (async () => {
    let first = true
    for await (const piece of store.read(object, signal)) {
      if (first && piece.length > 0) await server.put('in/change.bin', randomBytes(2_000_000))
      first = false
    }
  })()
  await expect(reading).rejects.toThrowError(code('CAPTURE_FILE_CHANGED'))
  await server.remove('in/change.bin')
  await expect(bytes(store, object)).rejects.toThrowError(code('CAPTURE_FILE_CHANGED'))
})

test('equal bytes that are put again are the same version, others are not', async () => {
  await server.put('in/same.csv', 'a,b')
  const store = storeAt()
  const first = await store.look('same.csv', signal)
  await server.put('in/same.csv', 'a,b')
  expect((await store.look('same.csv', signal))?.version).toBe(first?.version)
  await server.put('in/same.csv', 'b,a')
  expect((await store.look('same.csv', signal))?.version).not.toBe(first?.version)
})

test('credentials that rotate are taken up at once', async () => {
  const reference = { secret: 'env', name: 'MILLRACE_TEST_BUCKET_SECRET' } as const
  const store = storeAt({ credentials: { accessKeyId: reference, secretAccessKey: reference } })
  await server.put('in/secret.csv', 'x')
  expect(await store.look('secret.csv', signal)).not.toBeNull()
  vi.stubEnv('MILLRACE_TEST_BUCKET_SECRET', 'rotated')
  await expect(store.look('secret.csv', signal)).rejects.toThrowError(code('SOURCE_BUCKET_REFUSED'))
  vi.stubEnv('MILLRACE_TEST_BUCKET_SECRET', SECRET_KEY)
  expect(await store.look('secret.csv', signal)).not.toBeNull()
})

test('every request is signed so that whoever knows the secret can tell it from any other', async () => {
  const seen: boolean[] = []
  const strict = createServer((request, response) => {
    seen.push(isSignedWith(SECRET_KEY, request))
    response.end('<ListBucketResult></ListBucketResult>')
  })
  await new Promise<void>((resolve) => strict.listen(0, '127.0.0.1', resolve))
  vi.stubEnv('MILLRACE_TEST_BUCKET_TOKEN', 'a/token=')
  const credentials = {
    accessKeyId: ACCESS_KEY,
    secretAccessKey: { secret: 'env', name: 'MILLRACE_TEST_BUCKET_SECRET' },
    sessionToken: { secret: 'env', name: 'MILLRACE_TEST_BUCKET_TOKEN' },
  } as const
  const store = storeAt({ endpoint: `http://127.0.0.1:${(strict.address() as AddressInfo).port}`, region: 'eu-north-1', credentials })
  await store.look("a b+c/(ü)'!*~.csv", signal)
  await bytes(store, { key: "a b+c/(ü)'!*~.csv", size: 37, modifiedMicros: 0, version: '"tag"-37' }).catch(() => undefined)
  strict.close()
  expect(seen).toEqual([true, true])
})

test('the host carries the name of the bucket where that is asked for', async () => {
  await server.put('in/virtual.csv', 'host')
  const resolve = async (): Promise<{ address: string; family: number }[]> => [{ address: '127.0.0.1', family: 4 }]
  const named = new Door({ allowInside: ['127.0.0.1'], resolve })
  const store = storeAt({ endpoint: `http://s3.amazonaws.com:${server.port}`, addressing: 'host' }, named)
  const object = (await store.look('virtual.csv', signal)) as ListedObject
  expect((await bytes(store, object)).toString()).toBe('host')
  named.close()
})

test('a bucket that is not there is told at once', async () => {
  await expect(storeAt({ from: 's3://nowhere/in' }).look('x', signal)).rejects.toThrowError(code('SOURCE_BUCKET_MISSING'))
})

async function answering(
  status: number,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly store: ObjectStore; readonly close: () => void }> {
  const strict = createServer((_, response) => response.writeHead(status, headers).end('<Error><Code>AccessDenied</Code></Error>'))
  await new Promise<void>((resolve) => strict.listen(0, '127.0.0.1', resolve))
  const store = storeAt({ endpoint: `http://127.0.0.1:${(strict.address() as AddressInfo).port}` })
  return { store, close: () => void strict.close() }
}

test('a bucket of another region says where it is, and nothing is sent there blindly', async () => {
  const { store, close } = await answering(301, { 'x-amz-bucket-region': 'eu-west-1', location: 'http://169.254.169.254/' })
  await expect(store.look('x', signal)).rejects.toThrowError(code('SOURCE_BUCKET_ELSEWHERE'))
  close()
})

test('an object that may not be read is told by its name', async () => {
  const { store, close } = await answering(403, {})
  const object = { key: 'secret.csv', size: 3, modifiedMicros: 0, version: '"tag"-3' }
  await expect(bytes(store, object)).rejects.toMatchObject({ code: 'CAPTURE_FILE_REFUSED', details: { file: 'secret.csv' } })
  close()
})

test('law 10: a bucket inside is refused unless it is allowed', async () => {
  const shut = new Door()
  await expect(storeAt({}, shut).look('x', signal)).rejects.toThrowError(code('DOOR_ADDRESS_REFUSED'))
})

test.each(['s3://', 's3:///x'])('%s names no bucket', (from) => {
  expect(() => storeAt({ from })).toThrowError(code('CONFIG_INVALID'))
})
