/** The cases that a delivery must survive, each against real servers on loopback. */
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { deliverySecret, deliverySummary, listAttempts, listEvents } from './index.ts'
import { DeliverySetup, until } from './testing/delivery-setup.ts'
import { type Received, Receiver } from './testing/receiver.ts'
import { TestClock } from './testing/test-clock.ts'

let setup: DeliverySetup
let receiver: Receiver

beforeEach(async () => {
  setup = await DeliverySetup.open()
  receiver = await Receiver.start()
})

afterEach(async () => {
  await setup.close()
  await receiver.stop()
})

const orderOf = ({ body }: Received): number => (JSON.parse(body) as { key: { order_id: number } }).key.order_id
const positionOf = ({ body }: Received): number => (JSON.parse(body) as { position: number }).position

test('case 1: an answer whose body drips past the deadline is one request, and delivered', async () => {
  await setup.appendOrders(1)
  receiver.reply = () => ({
    raw: (response) => {
      response.writeHead(200)
      const drip = setInterval(() => response.write('.'), 20)
      response.on('close', () => clearInterval(drip))
    },
  })
  const { stage } = setup.deliver({ url: receiver.url, timeoutMs: 300 })
  await until(() => stage.observe()[0]?.changes === 1)
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(receiver.received.length).toBe(1)
  const [event] = listEvents(setup.reader, { delivery: 'partner', limit: 10 })
  expect(listAttempts(setup.reader, { eventId: event?.id ?? '' })[0]?.response?.length).toBeLessThanOrEqual(512)
})

test('case 3: no event is tried more often than the limit, and every event that waits is due some time', async () => {
  await setup.appendOrders(40)
  receiver.reply = (received) => ({ status: orderOf(received) % 4 === 0 ? 500 : 200 })
  const { stage } = setup.deliver({ url: receiver.url, attemptsLimit: 4 }, { clock: new TestClock(200) })
  await until(() => stage.observe()[0]?.evidence['parked'] === 10)
  const tries = Map.groupBy(receiver.ids, (id) => id)
  expect(Math.max(...[...tries.values()].map((ids) => ids.length))).toBe(4)
  expect(stage.observe()[0]).toMatchObject({ backlog: 0, changes: 30 })
  const parked = listEvents(setup.reader, { delivery: 'partner', status: 'parked', limit: 100 })
  expect(parked.length).toBe(10)
  expect(parked.every(({ attempts, answer, dueMs }) => attempts === 4 && answer === 500 && dueMs === null)).toBe(true)
})

test('case 3: an event that is retried has a time at which it is due, and a full record', async () => {
  await setup.appendOrders(1)
  receiver.reply = () => ({ status: 500, body: 'a stack trace' })
  setup.deliver({ url: receiver.url })
  await until(() => listEvents(setup.reader, { delivery: 'partner', limit: 10 }).length === 1)
  const [event] = listEvents(setup.reader, { delivery: 'partner', status: 'retrying', limit: 10 })
  expect(event).toMatchObject({ status: 'retrying', attempts: 1, answer: 500, key: 'order_id=1', operation: 'insert' })
  expect((event?.dueMs ?? 0) - Date.now()).toBeLessThanOrEqual(1200)
  const error = 'DELIVERY_STATUS: The endpoint answered 500.'
  expect(listAttempts(setup.reader, { eventId: event?.id ?? '' })).toMatchObject([
    { number: 1, answer: 500, response: 'a stack trace', error },
  ])
})

test('case 4: an endpoint that hangs with a long backlog leaves the reply times of another alone', async () => {
  await setup.appendOrders(5000)
  const hanging = await Receiver.start()
  hanging.reply = () => ({ raw: () => undefined })
  try {
    setup.deliver({ url: hanging.url, timeoutMs: 60_000 }, { name: 'hanging', limits: { stopGraceMs: 50 } })
    const { stage } = setup.deliver({ url: receiver.url }, { name: 'healthy' })
    await until(() => stage.observe()[0]?.changes === 5000, 60_000)
    expect(stage.observe()[0]?.evidence['replyP99Ms']).toBeLessThan(500)
    expect(hanging.inFlightMax).toBeLessThanOrEqual(32)
  } finally {
    await hanging.stop()
  }
})

test('case 5: with 5 % failures each key is told in order, one at a time, and nothing is lost', async () => {
  const keys = 40
  const versions = 25
  for (let version = 0; version < versions; version += 1) {
    await setup.append(
      Array.from({ length: keys }, (_, key) => ({
        operation: version === 0 ? ('insert' as const) : ('update' as const),
        row: [key, `v${version}`, version],
      })),
    )
  }
  const accepted: Received[] = []
  let seed = 1
  receiver.reply = (received) => {
    seed = (seed * 48_271) % 2_147_483_647
    if (seed % 20 === 0) return { status: 500 }
    accepted.push(received)
    return { delayMs: seed % 3 }
  }
  const { stage } = setup.deliver({ url: receiver.url }, { clock: new TestClock(500) })
  await until(() => stage.observe()[0]?.changes === keys * versions, 60_000)
  expect(accepted.length).toBe(keys * versions)
  for (const [, events] of Map.groupBy(accepted, orderOf)) {
    expect(events.map(positionOf)).toEqual(events.map(positionOf).toSorted((left, right) => left - right))
    expect(events.length).toBe(versions)
  }
  expect(Math.max(...receiver.received.map(({ keyInFlight }) => keyInFlight))).toBe(1)
  expect(listEvents(setup.reader, { delivery: 'partner', status: 'retrying', limit: 1 })).toEqual([])
})

test('case 5: a key that fails holds up its own later events and no others', async () => {
  await setup.append(Array.from({ length: 300 }, (_, at) => ({ row: [at % 3, `v${at}`, at] })))
  receiver.reply = (received) => ({ status: orderOf(received) === 1 ? 500 : 200 })
  const { stage } = setup.deliver({ url: receiver.url })
  await until(() => stage.observe()[0]?.changes === 200)
  await until(() => deliverySummary(setup.reader, 'partner').waiting === 99)
  expect(receiver.received.filter((received) => orderOf(received) === 1).every((received) => positionOf(received) === 1)).toBe(true)
  expect(stage.observe()[0]).toMatchObject({ phase: 'running', backlog: 100, evidence: { retryingKeys: 1 } })
  receiver.reply = () => ({})
  await until(() => stage.observe()[0]?.changes === 300)
  const ofKey = receiver.received.filter((received) => orderOf(received) === 1).map(positionOf)
  expect(ofKey.slice(-100)).toEqual(Array.from({ length: 100 }, (_, at) => at * 3 + 1))
  expect(deliverySummary(setup.reader, 'partner')).toMatchObject({ waiting: 0, retrying: 0, parked: 0, delivered: 300 })
})

test('case 6: an endpoint at a refused address is told in words, sends nothing and parks nothing', async () => {
  await setup.appendOrders(5)
  const { stage } = setup.deliver({ url: 'http://169.254.169.254/latest' }, { clock: new TestClock(2000) })
  await until(() => stage.observe()[0]?.error?.code === 'DOOR_ADDRESS_REFUSED')
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(stage.observe()[0]).toMatchObject({ changes: 0, backlog: 5, evidence: { parked: 0 } })
})

test('case 6: a redirect is a failure, and is not followed', async () => {
  await setup.appendOrders(1)
  receiver.reply = () => ({ status: 307, headers: { location: '/elsewhere' } })
  setup.deliver({ url: receiver.url })
  await until(() => listEvents(setup.reader, { delivery: 'partner', limit: 1 })[0]?.answer === 307)
  expect(receiver.received.length).toBe(1)
})

test('case 7: during a rotation both the old and the new secret verify', async () => {
  await setup.appendOrders(1)
  const secrets = { OLD: `whsec_${btoa('o'.repeat(24))}`, NEW: `whsec_${btoa('n'.repeat(32))}` }
  const secret = [{ secret: 'env', name: 'NEW' } as const, { secret: 'env', name: 'OLD' } as const]
  setup.deliver(
    { url: receiver.url, secret },
    { resolveSecret: (reference) => (reference.secret === 'env' ? secrets[reference.name as 'OLD'] : '') },
  )
  await until(() => receiver.received.length === 1)
  const { body, headers } = receiver.received[0]!
  for (const value of Object.values(secrets)) {
    expect(new Webhook(value).verify(body, headers as Record<string, string>)).toMatchObject({ type: 'orders.insert' })
  }
  expect(String(headers['webhook-signature']).split(' ').length).toBe(2)
})

test('case 7: a secret that is replaced in the middle of retries signs the next attempt', async () => {
  const path = join(setup.folder, 'secret')
  const before = `whsec_${btoa('b'.repeat(24))}`
  const after = `whsec_${btoa('a'.repeat(24))}`
  await writeFile(path, before)
  await setup.appendOrders(1)
  receiver.reply = ({ body, headers }) => {
    try {
      new Webhook(after).verify(body, headers as Record<string, string>)
      return { status: 200 }
    } catch {
      return { status: 401 }
    }
  }
  const clock = new TestClock(300)
  // The verifier judges timestamps by the machine's clock: run fast, but not ahead by more than its tolerance.
  const { stage } = setup.deliver({ url: receiver.url, secret: { secret: 'file', path } }, { clock })
  await until(() => receiver.received.length >= 2)
  await writeFile(path, after)
  const stepBack = setInterval(() => clock.step(Date.now() - clock.nowMs()), 5)
  await until(() => stage.observe()[0]?.changes === 1).finally(() => clearInterval(stepBack))
  expect(new Set(receiver.ids).size).toBe(1)
})

test('without a secret one is generated, kept, and verifies', async () => {
  await setup.appendOrders(1)
  const first = setup.deliver({ url: receiver.url })
  await until(() => receiver.received.length === 1)
  const secret = deliverySecret(setup.reader, 'partner') ?? ''
  const { body, headers } = receiver.received[0]!
  expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toMatchObject({ operation: 'insert' })
  await first.stop()
  setup.deliver({ url: receiver.url })
  await setup.appendOrders(1, 2)
  await until(() => receiver.received.length === 2)
  expect(deliverySecret(setup.reader, 'partner')).toBe(secret)
})

test('case 8: each attempt has its own timestamp and all have one id; a stale one does not verify', async () => {
  await setup.appendOrders(1)
  receiver.reply = () => ({ status: receiver.received.length < 3 ? 500 : 200 })
  const { stage } = setup.deliver({ url: receiver.url }, { clock: new TestClock(10) })
  await until(() => stage.observe()[0]?.changes === 1)
  const stamps = receiver.received.map(({ headers }) => Number(headers['webhook-timestamp']))
  expect(new Set(receiver.ids).size).toBe(1)
  expect(stamps[1]! - stamps[0]!).toBeGreaterThanOrEqual(0)
  expect(stamps[2]! - stamps[0]!).toBeGreaterThanOrEqual(3)
})

test.each([
  [-299_000, true],
  [299_000, true],
  [-301_500, false],
  [301_500, false],
])('case 8: with a clock that is off by %i ms the receiver accepts: %s', async (offMs, accepted) => {
  await setup.appendOrders(1)
  const clock = new TestClock()
  clock.step(offMs)
  setup.deliver({ url: receiver.url }, { clock })
  await until(() => receiver.received.length === 1)
  const { body, headers } = receiver.received[0]!
  const verify = (): unknown => new Webhook(deliverySecret(setup.reader, 'partner') ?? '').verify(body, headers as Record<string, string>)
  if (accepted) expect(verify()).toBeDefined()
  else expect(verify).toThrow(/timestamp/)
})

test.each([3_600_000, -3_600_000])('case 9: a clock that steps by %i ms neither fires a retry early nor stalls it', async (stepMs) => {
  await setup.appendOrders(1)
  receiver.reply = () => ({ status: receiver.received.length < 2 ? 500 : 200 })
  const clock = new TestClock()
  const { stage } = setup.deliver({ url: receiver.url }, { clock })
  await until(() => receiver.received.length === 1)
  clock.step(stepMs)
  await until(() => stage.observe()[0]?.changes === 1, 5000)
  const waitedMs = receiver.received[1]!.atMs - receiver.received[0]!.atMs
  expect(waitedMs).toBeGreaterThan(750)
  expect(waitedMs).toBeLessThan(2500)
})

test('case 9: a clock that was set back while the process was down delays a retry by no more than was planned', async () => {
  await setup.appendOrders(1)
  receiver.reply = () => ({ status: 500 })
  const first = setup.deliver({ url: receiver.url })
  await until(() => listEvents(setup.reader, { delivery: 'partner', limit: 1 })[0]?.status === 'retrying')
  await first.stop()
  receiver.reply = () => ({})
  const clock = new TestClock()
  clock.step(-3_600_000)
  const { stage } = setup.deliver({ url: receiver.url }, { clock })
  await until(() => stage.observe()[0]?.changes === 1, 5000)
  expect(receiver.received.length).toBe(2)
})

test('case 10: a body at the size limit is sent, one byte more parks its event, and the neighbours flow', async () => {
  const lengthOf = async (): Promise<number> => {
    await until(() => receiver.received.length === 1)
    return Buffer.byteLength(receiver.received[0]!.body)
  }
  await setup.append([{ row: [1, 'x'.repeat(100), 1] }])
  const first = setup.deliver({ url: receiver.url })
  const limit = await lengthOf()
  await first.stop()
  await setup.append([{ row: [2, 'x'.repeat(100), 1] }, { row: [3, 'x'.repeat(101), 1] }, { row: [4, 'x', 1] }])
  const { stage } = setup.deliver({ url: receiver.url }, { limits: { bodyBytesLimit: limit } })
  await until(() => stage.observe()[0]?.changes === 2 && stage.observe()[0]?.evidence['parked'] === 1)
  expect(receiver.received.map(orderOf).toSorted((left, right) => left - right)).toEqual([1, 2, 4])
  const [parked] = listEvents(setup.reader, { delivery: 'partner', status: 'parked', limit: 10 })
  expect(parked?.error).toMatch(/^DELIVERY_EVENT_TOO_LARGE: A change of orders \(partition 0, position 2\)/)
  expect(listAttempts(setup.reader, { eventId: parked?.id ?? '' })).toMatchObject([{ delivered: false, answer: null }])
})

test('case 11: an event that the log no longer keeps is parked with its reason, and the others flow', async () => {
  await setup.append([{ row: [1, 'old', 1] }])
  receiver.reply = () => ({ status: 500 })
  const first = setup.deliver({ url: receiver.url })
  await until(() => listEvents(setup.reader, { delivery: 'partner', limit: 1 }).length === 1)
  await first.stop()
  await setup.append([{ row: [2, 'new', 1] }])
  await setup.store.applyRetention([{ stream: 'orders', olderThanMs: -1000 }])
  await setup.append([{ row: [3, 'newer', 1] }])
  receiver.reply = () => ({})
  const { stage } = setup.deliver({ url: receiver.url })
  await until(() => stage.observe()[0]?.evidence['parked'] === 1 && stage.observe()[0]?.changes === 1, 10_000)
  expect(listEvents(setup.reader, { delivery: 'partner', status: 'parked', limit: 10 })[0]?.error).toMatch(/^DELIVERY_EVENT_GONE/)
  expect(stage.observe()[0]?.evidence['skipped']).toBe(1)
})

test('case 13: 410 disables the delivery, across a restart, until someone enables it', async () => {
  await setup.appendOrders(50)
  receiver.reply = () => ({ status: 410 })
  const first = setup.deliver({ url: receiver.url, concurrency: 1 })
  await until(() => first.stage.observe()[0]?.evidence['disabled'] === true)
  await until(() => deliverySummary(setup.reader, 'partner').disabledMs !== null)
  expect(first.stage.observe()[0]).toMatchObject({ phase: 'stopped', error: { code: 'DELIVERY_DISABLED' } })
  expect(receiver.received.length).toBe(1)
  await first.stop()
  const second = setup.deliver({ url: receiver.url, concurrency: 1 })
  await until(() => second.stage.observe()[0]?.evidence['disabled'] === true)
  receiver.reply = () => ({})
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(receiver.received.length).toBe(1)
  await second.stage.enable()
  await until(() => second.stage.observe()[0]?.changes === 50)
  expect(second.stage.observe()[0]).toMatchObject({ phase: 'running', error: null, evidence: { parked: 0 } })
  expect(new Set(receiver.ids).size).toBe(50)
})

test.each([
  [429, (): string => '1'],
  [503, (): string => '1'],
  [429, (): string => new Date(Math.ceil(Date.now() / 1000) * 1000 + 1000).toUTCString()],
])('case 13: %i with Retry-After is obeyed by the whole endpoint', async (status, retryAfter) => {
  await setup.appendOrders(20)
  receiver.reply = () => (receiver.received.length === 1 ? { status, headers: { 'retry-after': retryAfter() } } : {})
  const { stage } = setup.deliver({ url: receiver.url, concurrency: 1 })
  await until(() => stage.observe()[0]?.changes === 20)
  const pauseMs = receiver.received[1]!.atMs - receiver.received[0]!.atMs
  expect(pauseMs).toBeGreaterThan(900)
  expect(pauseMs).toBeLessThan(3500)
})

test('case 14: processed and then the connection reset: sent again under the same id', async () => {
  await setup.appendOrders(1)
  receiver.reply = () => (receiver.received.length === 1 ? { raw: (_, request) => request.socket.resetAndDestroy() } : {})
  const { stage } = setup.deliver({ url: receiver.url })
  await until(() => stage.observe()[0]?.changes === 1)
  expect(receiver.ids.length).toBe(2)
  expect(new Set(receiver.ids).size).toBe(1)
})

test('case 14: a body that breaks off after a 2xx counts as delivered', async () => {
  await setup.appendOrders(1)
  receiver.reply = () => ({
    raw: (response) => {
      response.writeHead(200, { 'content-length': '1000' })
      response.write('half')
      setTimeout(() => response.destroy(), 20)
    },
  })
  const { stage } = setup.deliver({ url: receiver.url })
  await until(() => stage.observe()[0]?.changes === 1)
  expect(receiver.received.length).toBe(1)
})

test('case 15: while nobody is there the endpoint is probed, not stormed; it recovers without a restart', async () => {
  const port = await new Promise<number>((resolve) => {
    const probe = createServer()
    probe.listen(0, '127.0.0.1', () => {
      const { port: free } = probe.address() as { port: number }
      probe.close(() => resolve(free))
    })
  })
  await setup.appendOrders(500)
  const { stage } = setup.deliver({ url: `http://127.0.0.1:${port}/` })
  await until(() => stage.observe()[0]?.phase === 'retrying')
  await new Promise((resolve) => setTimeout(resolve, 1500))
  expect(stage.observe()[0]).toMatchObject({ error: { code: 'DOOR_UNREACHABLE' }, backlog: 500, evidence: { paused: true } })
  // The first burst, and then one request at a time.
  expect(deliverySummary(setup.reader, 'partner').attempts).toBeLessThanOrEqual(32 + 3)
  const recovered = await Receiver.start(port)
  try {
    await until(() => stage.observe()[0]?.changes === 500)
    expect(recovered.received.length).toBe(500)
    expect(stage.observe()[0]).toMatchObject({ phase: 'running', error: null, lagMs: 0, backlog: 0 })
  } finally {
    await recovered.stop()
  }
})
