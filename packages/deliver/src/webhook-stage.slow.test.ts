import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { deliverySecret, deliverySummary, eventIdOf, findEvent, listAttempts, listEvents, traceIdOf } from './index.ts'
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

interface Body {
  readonly position: number
  readonly operation: string
  readonly key: { readonly order_id: number } | null
}

const bodyOf = ({ body }: Received): Body => JSON.parse(body) as Body
const positions = (): number[] => receiver.received.map((received) => bodyOf(received).position)

test('each change is told once, and each has a recorded attempt', async () => {
  await setup.appendOrders(3000)
  const { stage } = setup.deliver({ url: receiver.url })
  await until(() => stage.observe()[0]?.changes === 3000)
  expect(new Set(receiver.ids).size).toBe(3000)
  expect(receiver.ids.length).toBe(3000)
  expect(deliverySummary(setup.reader, 'partner')).toMatchObject({ delivered: 3000, attempts: 3000, stream: 'orders' })
  const [event] = listEvents(setup.reader, { delivery: 'partner', limit: 1 })
  expect(event).toMatchObject({ status: 'delivered', attempts: 1, answer: 200, error: null })
  expect(listAttempts(setup.reader, { eventId: event?.id ?? '' })).toMatchObject([{ number: 1, delivered: true, answer: 200 }])
})

test('a request has what its receiver needs to verify it, to know a repeat and to follow its trace', async () => {
  await setup.append([{ operation: 'update', row: [17, 'paid', 1999], before: [17, 'new', 1999] }], { timeUs: 1_767_323_045_678_901 })
  setup.deliver({ url: `${receiver.url}?token=secret` })
  await until(() => receiver.received.length === 1)
  const { headers, body } = receiver.received[0]!
  const id = eventIdOf({ storeId: setup.store.id, stream: 'orders', partition: 0, position: 0 })
  expect(headers).toMatchObject({ 'content-type': 'application/json', 'webhook-id': id })
  expect(headers['user-agent']).toMatch(/^millrace\/\d/)
  expect(headers['traceparent']).toMatch(new RegExp(`^00-${traceIdOf({ source: 'orders', transaction: 1, index: 0 })}-[0-9a-f]{16}-01$`))
  expect(JSON.parse(body)).toEqual({
    id,
    type: 'orders.update',
    stream: 'orders',
    partition: 0,
    position: 0,
    operation: 'update',
    key: { order_id: 17 },
    before: { order_id: 17, state: 'new', total: '19.99' },
    after: { order_id: 17, state: 'paid', total: '19.99' },
    committed_at: '2026-01-02T03:04:05.678901Z',
    as_of: 1,
    source: { transaction: 1, index: 0 },
  })
  expect(new Webhook(deliverySecret(setup.reader, 'partner') ?? '').verify(body, headers as Record<string, string>)).toBeDefined()
})

test('evidence shows the address without what may be secret in it', async () => {
  const open = setup.deliver({ url: 'http://me:pass@127.0.0.1:9/hook?token=secret' }, { name: 'open' })
  const hidden = setup.deliver(
    { url: { secret: 'env', name: 'URL' } },
    { name: 'hidden', resolveSecret: () => 'http://127.0.0.1:9/services/T0/secret' },
  )
  await until(() => open.stage.observe()[0]?.evidence['endpoint'] !== null && hidden.stage.observe()[0]?.evidence['endpoint'] !== null)
  expect(open.stage.observe()[0]?.evidence['endpoint']).toBe('http://127.0.0.1:9/hook')
  expect(hidden.stage.observe()[0]?.evidence['endpoint']).toBe('http://127.0.0.1:9')
})

test('law 1: a restart goes on exactly where the record ends', async () => {
  await setup.appendOrders(500)
  receiver.reply = (received) => ({ status: bodyOf(received).key?.order_id === 7 ? 500 : 200 })
  const first = setup.deliver({ url: receiver.url })
  await until(() => first.stage.observe()[0]?.changes === 499)
  await first.stop()
  await setup.appendOrders(500, 501)
  receiver.reply = () => ({})
  const second = setup.deliver({ url: receiver.url })
  await until(() => second.stage.observe()[0]?.changes === 501)
  const repeated = [...Map.groupBy(positions(), (position) => position)].filter(([, times]) => times.length > 1)
  expect(repeated.map(([position]) => position)).toEqual([6])
  expect(new Set(positions()).size).toBe(1000)
})

test('law 1: stopping and starting in the midst of work loses nothing, and repeats nothing that was recorded', async () => {
  await setup.appendOrders(2000)
  receiver.reply = () => ({ delayMs: 1 })
  for (let stops = 0; stops < 5; stops += 1) {
    const seen = receiver.received.length
    const running = setup.deliver({ url: receiver.url })
    await until(() => receiver.received.length > seen + 150)
    await running.stop()
  }
  const { stage } = setup.deliver({ url: receiver.url })
  await until(() => stage.observe()[0]?.backlog === 0)
  expect(new Set(receiver.ids).size).toBe(2000)
  expect(receiver.ids.length).toBe(2000)
})

test('law 8: what waits behind failing keys waits in the table, and the window moves on', async () => {
  const changes = Array.from({ length: 4000 }, (_, at) => ({ row: [at % 8 === 0 ? at : at % 8, `v${at}`, at] }))
  await setup.append(changes)
  receiver.reply = (received) => ({ status: (bodyOf(received).key?.order_id ?? 0) % 8 === 0 ? 200 : 500 })
  const { stage } = setup.deliver({ url: receiver.url }, { limits: { windowEventsLimit: 64, windowSpanLimit: 128 } })
  await until(() => stage.observe()[0]?.changes === 500)
  await until(() => deliverySummary(setup.reader, 'partner').waiting === 3493)
  expect(stage.observe()[0]).toMatchObject({ backlog: 3500, evidence: { waiting: 3500, retryingKeys: 7 } })
  receiver.reply = () => ({})
  await until(() => stage.observe()[0]?.changes === 4000)
  for (const [key, events] of Map.groupBy(receiver.received, (received) => bodyOf(received).key?.order_id ?? 0)) {
    const told = events.map((received) => bodyOf(received).position)
    if (key % 8 !== 0) expect([...new Set(told)]).toEqual([...new Set(told)].toSorted((left, right) => left - right))
  }
  expect(new Set(positions()).size).toBe(4000)
})

test('law 8: one slow request does not keep the rest waiting', async () => {
  await setup.appendOrders(1000)
  let release = (): void => undefined
  receiver.reply = (received) =>
    bodyOf(received).position === 0 ? { raw: (response) => (release = () => response.writeHead(200).end()) } : {}
  const { stage } = setup.deliver({ url: receiver.url }, { limits: { windowEventsLimit: 64, windowSpanLimit: 100 } })
  await until(() => stage.observe()[0]?.changes === 999)
  release()
  await until(() => stage.observe()[0]?.changes === 1000)
  expect(deliverySummary(setup.reader, 'partner').waiting).toBe(0)
})

test('law 1: an event that was listed only because others overtook it leaves no row behind', async () => {
  await setup.appendOrders(2000)
  receiver.reply = (received) => ({ delayMs: bodyOf(received).position % 5 })
  const first = setup.deliver({ url: receiver.url }, { limits: { windowSpanLimit: 2 } })
  await until(() => first.stage.observe()[0]?.changes === 2000)
  expect(deliverySummary(setup.reader, 'partner')).toMatchObject({ waiting: 0, retrying: 0, parked: 0 })
  expect(first.stage.observe()[0]?.backlog).toBe(0)
  expect(receiver.ids.length).toBe(2000)
})

test('changes that arrive while older ones of their key wait in the table come after these', async () => {
  let failing = true
  receiver.reply = () => ({ status: failing ? 500 : 200, delayMs: 2 })
  const { stage } = setup.deliver({ url: receiver.url }, { clock: new TestClock(20) })
  for (let version = 0; version < 60; version += 1) {
    await setup.append([{ operation: version === 0 ? 'insert' : 'update', row: [1, `v${version}`, version] }])
    if (version === 20) await until(() => deliverySummary(setup.reader, 'partner').waiting > 10)
    if (version === 20) failing = false
  }
  await until(() => stage.observe()[0]?.changes === 60)
  expect([...new Set(positions())]).toEqual(Array.from({ length: 60 }, (_, at) => at))
})

test('a truncation comes after all that was before it and before all that was after it', async () => {
  await setup.appendOrders(50)
  await setup.append([{ operation: 'truncate', row: [undefined, undefined, undefined] }])
  await setup.appendOrders(50)
  const refused = (received: Received): boolean =>
    bodyOf(received).position === 20 && receiver.ids.filter((id) => id === received.id).length === 1
  receiver.reply = (received) => ({ delayMs: bodyOf(received).position % 7, status: refused(received) ? 500 : 200 })
  const { stage } = setup.deliver({ url: receiver.url })
  await until(() => stage.observe()[0]?.changes === 101)
  const at = positions().indexOf(50)
  expect(bodyOf(receiver.received[at]!)).toMatchObject({ operation: 'truncate', key: null, before: null, after: null })
  expect(Math.max(...positions().slice(0, at))).toBe(49)
  expect(Math.min(...positions().slice(at + 1))).toBe(51)
})

test('an update that gives a row another key keeps its place among the events of both keys', async () => {
  await setup.append([
    { row: [1, 'a', 1] },
    { operation: 'update', row: [1, 'b', 1] },
    { operation: 'update', row: [2, 'b', 1], before: [1, undefined, undefined] },
    { row: [1, 'c', 1] },
    { operation: 'update', row: [2, 'd', 1] },
  ])
  receiver.reply = (received) => ({ delayMs: bodyOf(received).position === 1 ? 30 : 0 })
  const { stage } = setup.deliver({ url: receiver.url })
  await until(() => stage.observe()[0]?.changes === 5)
  expect(positions().slice(0, 3)).toEqual([0, 1, 2])
})

test('law 5: an event is sent again under its old id, whether it was delivered or parked', async () => {
  await setup.appendOrders(3)
  receiver.reply = (received) => ({ status: bodyOf(received).position === 1 ? 500 : 200 })
  const { stage } = setup.deliver({ url: receiver.url, attemptsLimit: 1 })
  await until(() => stage.observe()[0]?.changes === 2 && stage.observe()[0]?.evidence['parked'] === 1)
  const all = listEvents(setup.reader, { delivery: 'partner', limit: 10 })
  expect(all.map(({ status }) => status).toSorted()).toEqual(['delivered', 'delivered', 'parked'])
  receiver.reply = () => ({})
  await stage.resend(all.map(({ id }) => id))
  await until(() => stage.observe()[0]?.changes === 5)
  expect([...Map.groupBy(receiver.ids, (id) => id).values()].map((times) => times.length)).toEqual([2, 2, 2])
  expect(stage.observe()[0]?.evidence['parked']).toBe(0)
  const parked = all.find(({ status }) => status === 'parked')!
  expect(findEvent(setup.reader, 'partner', parked.id)).toMatchObject({ status: 'delivered', attempts: 2 })
  expect(listAttempts(setup.reader, { eventId: parked.id }).map(({ number, answer }) => [number, answer])).toEqual([
    [1, 500],
    [2, 200],
  ])
})

test('an event that is not known cannot be sent again', async () => {
  await setup.appendOrders(1)
  const { stage } = setup.deliver({ url: receiver.url })
  await until(() => stage.observe()[0]?.changes === 1)
  await expect(stage.resend(['msg_unknown'])).rejects.toThrowError(expect.objectContaining({ code: 'EVENT_UNKNOWN' }))
})

test('events are listed by status and key, page by page, without gap or repeat', async () => {
  await setup.appendOrders(25)
  receiver.reply = (received) => ({ status: (bodyOf(received).key?.order_id ?? 0) <= 5 ? 500 : 200 })
  const { stage } = setup.deliver({ url: receiver.url, attemptsLimit: 1 })
  await until(() => stage.observe()[0]?.changes === 20 && stage.observe()[0]?.evidence['parked'] === 5)
  const seen: string[] = []
  for (let before: string | undefined; ;) {
    const page = listEvents(setup.reader, { delivery: 'partner', limit: 7, ...(before === undefined ? {} : { before }) })
    seen.push(...page.map(({ id }) => id))
    if (page.length < 7) break
    before = page.at(-1)?.cursor
  }
  expect(new Set(seen).size).toBe(25)
  expect(seen.length).toBe(25)
  expect(listEvents(setup.reader, { delivery: 'partner', status: 'parked', limit: 100 }).length).toBe(5)
  expect(listEvents(setup.reader, { delivery: 'partner', status: 'delivered', limit: 100 }).length).toBe(20)
  expect(listEvents(setup.reader, { delivery: 'partner', key: '17', limit: 100 }).map(({ key }) => key)).toEqual(['order_id=17'])
  expect(listEvents(setup.reader, { delivery: 'partner', key: 'order_id=3', limit: 100 }).map(({ status }) => status)).toEqual(['parked'])
})

test('before any delivery has run there is nothing to list', () => {
  expect(listEvents(setup.reader, { delivery: 'partner', limit: 10 })).toEqual([])
  expect(() => deliverySummary(setup.reader, 'partner')).toThrowError(expect.objectContaining({ code: 'DELIVERY_UNKNOWN' }))
})

test('law 8: no more attempts are kept than the limit allows, and the newest are', async () => {
  await setup.appendOrders(5000)
  const { stage } = setup.deliver({ url: receiver.url }, { limits: { attemptsKeptLimit: 1000 } })
  await until(() => stage.observe()[0]?.changes === 5000)
  const kept = listEvents(setup.reader, { delivery: 'partner', limit: 10_000 })
  expect(kept.length).toBeGreaterThanOrEqual(1000)
  expect(kept.length).toBeLessThanOrEqual(1000 + 1024 + 512)
})

test('law 6: lag is the age of the oldest change that is not delivered', async () => {
  await setup.append([{ row: [1, 'old', 1] }], { timeUs: (Date.now() - 60_000) * 1000 })
  receiver.reply = () => ({ status: 500 })
  const { stage } = setup.deliver({ url: receiver.url })
  await until(() => (stage.observe()[0]?.lagMs ?? 0) > 0)
  expect(stage.observe()[0]?.lagMs).toBeGreaterThan(59_000)
  expect(stage.observe()[0]?.lastContactMs === null || stage.observe()[0]?.changes === 0).toBe(true)
  receiver.reply = () => ({})
  await until(() => stage.observe()[0]?.lagMs === 0)
})

test('law 9: a secret that cannot be read is told, and taken up once it can', async () => {
  await setup.appendOrders(1)
  process.env['DELIVERY_TEST_SECRET'] = 'not a secret'
  const secret = { secret: 'env', name: 'DELIVERY_TEST_SECRET' } as const
  const { stage } = setup.deliver({ url: receiver.url, secret }, { clock: new TestClock(100) })
  await until(() => stage.observe()[0]?.error?.code === 'DELIVERY_SECRET_INVALID')
  expect(JSON.stringify(stage.observe()[0]?.error)).not.toContain('not a secret')
  process.env['DELIVERY_TEST_SECRET'] = `whsec_${btoa('k'.repeat(24))}`
  await until(() => stage.observe()[0]?.changes === 1)
})

test('a delivery that is given another stream begins that one anew', async () => {
  await setup.appendOrders(3)
  const first = setup.deliver({ url: receiver.url })
  await until(() => first.stage.observe()[0]?.changes === 3)
  await first.stop()
  const { schema } = setup.reader.stream('orders')
  await setup.store.commit({ streams: [{ name: 'others', kind: 'table', schema, partitions: 2 }] })
  await setup.append([{ row: [1, 'a', 1] }], { stream: 'others' })
  await setup.append([{ row: [2, 'b', 1] }], { stream: 'others', partition: 1 })
  const second = setup.deliver({ url: receiver.url, from: 'others' })
  await until(() => second.stage.observe()[0]?.changes === 2)
  expect(new Set(receiver.ids).size).toBe(5)
  expect(deliverySummary(setup.reader, 'partner').stream).toBe('others')
})

test('a stage can be run again after it was stopped', async () => {
  await setup.appendOrders(1)
  const first = setup.deliver({ url: receiver.url })
  const { stage } = first
  await until(() => stage.observe()[0]?.changes === 1)
  await first.stop()
  expect(stage.observe()[0]?.phase).toBe('stopped')
  await setup.appendOrders(1, 2)
  const controller = new AbortController()
  const ended = stage.run(controller.signal)
  await until(() => receiver.received.length === 2)
  controller.abort(new Error('the test is over'))
  await ended
})

test('a delivery waits for a stream that does not exist yet', async () => {
  const { stage } = setup.deliver({ url: receiver.url, from: 'totals' })
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(stage.observe()[0]).toMatchObject({ phase: 'starting', changes: 0 })
  const { schema } = setup.reader.stream('orders')
  await setup.store.commit({ streams: [{ name: 'totals', kind: 'model', schema, partitions: 1 }] })
  await setup.append([{ row: [1, 'a', 1] }], { stream: 'totals' })
  await until(() => stage.observe()[0]?.changes === 1)
})
