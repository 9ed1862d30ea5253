import { createHmac } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import { LatencyHistogram } from './latency-histogram.ts'
import { type DeliveryBody, Ledger } from './ledger.ts'
import { millisecondsOf, type Receiver, startReceiver } from './receiver.ts'
import { startReceiverProcess } from './remote-receiver.ts'

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const OTHER_SECRET = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'

let receiver: Receiver | undefined
afterEach(async () => {
  await receiver?.close()
  receiver = undefined
})

function bodyOf(position: number, change: Partial<DeliveryBody> = {}): DeliveryBody {
  const key = { id: 1 }
  return {
    id: `c_${position}`,
    type: 'orders.updated',
    stream: 'orders',
    partition: 0,
    position,
    operation: 'update',
    key,
    before: null,
    after: { ...key, total: position },
    committed_at: new Date().toISOString(),
    ...change,
  }
}

/** Signs by hand, as the specification says, so that sender and verifier share no code. */
async function send(url: string, body: DeliveryBody, secret = SECRET): Promise<number> {
  const payload = JSON.stringify(body)
  const timestamp = Math.floor(Date.now() / 1000)
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
  const signature = createHmac('sha256', key).update(`${body.id}.${timestamp}.${payload}`).digest('base64')
  const headers = { 'webhook-id': body.id, 'webhook-timestamp': String(timestamp), 'webhook-signature': `v1,${signature}` }
  return (await fetch(url, { method: 'POST', body: payload, headers })).status
}

test('a signed delivery is accepted once and known again, a forged one is refused', async () => {
  receiver = await startReceiver({ secrets: [SECRET] })
  expect(await send(receiver.url, bodyOf(0))).toBe(204)
  expect(await send(receiver.url, bodyOf(0))).toBe(204)
  expect(await send(receiver.url, bodyOf(1), OTHER_SECRET)).toBe(400)
  receiver.trust([OTHER_SECRET, SECRET])
  expect(await send(receiver.url, bodyOf(1), SECRET)).toBe(204)
  expect(receiver.stats()).toMatchObject({ requests: 4, first: 2, resent: 1, rejected: 1, orderViolations: 0, identityViolations: 0 })
  expect([...receiver.rows('orders')]).toEqual([{ id: 1, total: 1 }])
})

test('told to behave badly, a receiver does', async () => {
  receiver = await startReceiver({ secrets: [SECRET], failureRate: 1 })
  expect(await send(receiver.url, bodyOf(0))).toBe(500)
  receiver.behave({ throttleRate: 1 })
  expect(await send(receiver.url, bodyOf(0))).toBe(429)
  receiver.behave({ status: 410 })
  expect(await send(receiver.url, bodyOf(0))).toBe(410)
  expect(receiver.stats().first).toBe(0)
  receiver.behave({ resetRate: 1 })
  await expect(send(receiver.url, bodyOf(0))).rejects.toThrow()
  expect(receiver.stats()).toMatchObject({ first: 1, failed: 1, throttled: 1, reset: 1 })
})

test('a share of failures is that share, and the same for the same seed', async () => {
  const statuses = async (seed: number): Promise<number[]> => {
    const flaky = await startReceiver({ secrets: [SECRET], failureRate: 0.3, seed })
    const answers: number[] = []
    for (let position = 0; position < 60; position += 1) answers.push(await send(flaky.url, bodyOf(position)))
    await flaky.close()
    return answers
  }
  const first = await statuses(5)
  expect(first.filter((status) => status === 500).length).toBeGreaterThan(8)
  expect(first.filter((status) => status === 500).length).toBeLessThan(30)
  expect(await statuses(5)).toEqual(first)
})

test('a hole, a change of id and a change out of order are each seen', () => {
  const ledger = new Ledger(10)
  for (const position of [0, 1, 4, 3]) ledger.record(bodyOf(position))
  expect(ledger.stats()).toMatchObject({ first: 4, orderViolations: 1, identityViolations: 0 })
  expect(ledger.stats().streams['orders']).toMatchObject({ seen: 4, expected: 5, holes: ['0:2'] })
  ledger.record(bodyOf(1, { id: 'another' }))
  expect(ledger.stats()).toMatchObject({ identityViolations: 1, resent: 1 })
})

test('rows follow inserts, deletes, changed keys and truncation', () => {
  const ledger = new Ledger(10)
  ledger.record(bodyOf(0, { operation: 'insert', key: { id: 7 }, after: { id: 7 } }))
  ledger.record(bodyOf(1, { operation: 'insert', key: { id: 8 }, after: { id: 8 } }))
  ledger.record(bodyOf(2, { operation: 'update', key: { id: 9 }, before: { id: 7 }, after: { id: 9 } }))
  expect([...ledger.rows('orders')]).toEqual([{ id: 8 }, { id: 9 }])
  ledger.record(bodyOf(3, { operation: 'delete', key: { id: 8 }, after: null }))
  expect([...ledger.rows('orders')]).toEqual([{ id: 9 }])
  ledger.record(bodyOf(4, { operation: 'truncate', key: null, after: null }))
  expect([...ledger.rows('orders')]).toEqual([])
})

test('beyond its limit of keys a ledger counts what it no longer follows', () => {
  const ledger = new Ledger(2)
  for (let id = 0; id < 5; id += 1) ledger.record(bodyOf(id, { key: { id } }))
  expect(ledger.stats()).toMatchObject({ first: 5, untrackedKeys: 3 })
  expect(ledger.stats().streams['orders']?.keys).toBe(2)
})

test('quantiles are within one per cent', () => {
  const latency = new LatencyHistogram()
  for (let ms = 1; ms <= 1000; ms += 1) latency.add(ms)
  const { count, p50Ms, p99Ms, maxMs } = latency.summary()
  expect({ count, maxMs }).toEqual({ count: 1000, maxMs: 1000 })
  expect(Math.abs((p50Ms as number) - 500)).toBeLessThan(6)
  expect(Math.abs((p99Ms as number) - 990)).toBeLessThan(11)
})

test('microseconds of an instant are kept', () => {
  expect(millisecondsOf('2026-01-02T03:04:05.678912Z') - Date.parse('2026-01-02T03:04:05.678Z')).toBeCloseTo(0.912, 3)
  expect(millisecondsOf('2026-01-02T03:04:05Z')).toBe(Date.parse('2026-01-02T03:04:05Z'))
})

test('in a process of its own a receiver answers the same questions', async () => {
  const remote = await startReceiverProcess({ secrets: [SECRET] })
  expect(await send(remote.url, bodyOf(0))).toBe(204)
  await remote.behave({ failureRate: 1 })
  expect(await send(remote.url, bodyOf(1))).toBe(500)
  expect(await remote.stats()).toMatchObject({ first: 1, failed: 1 })
  expect(await remote.rows('orders')).toEqual([{ id: 1, total: 0 }])
  await remote.close()
})
