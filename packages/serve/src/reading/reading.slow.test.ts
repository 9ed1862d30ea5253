import { seededRandom } from '@millrace/base'
import { get, type IncomingMessage } from 'node:http'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { FoldedSubscription } from '../testing/folded-subscription.ts'
import { ReadingHouse, rowsInLog } from '../testing/reading-house.ts'

let house: ReadingHouse
beforeEach(async () => {
  house = await ReadingHouse.open()
})
afterEach(async () => {
  await house.close()
})

const opened = (path: string): Promise<IncomingMessage> => new Promise((resolve) => get(`${house.server.url}${path}`, resolve))

it('one who does not read is disconnected with a position, and goes on from there with nothing lost or repeated', async () => {
  await house.put([1, 'DE', 1])
  const slow = await opened('/api/models/revenue/changes')
  const text = 'x'.repeat(200_000)
  let version = 1
  await expect
    .poll(
      async () => {
        for (let more = 0; more < 20; more += 1) await house.put([1, `${text}${(version += 1)}`, version])
        return house.reading.subscribersOf('revenue')
      },
      { timeout: 60_000, interval: 1 },
    )
    .toBe(0)
  // What one who does not read makes wait is bounded: by its chain and by the buffers of the two ends of its socket.
  expect(version * text.length).toBeLessThan(100_000_000)
  const others = new FoldedSubscription(house.client)
  await others.ready()
  let told = ''
  for await (const chunk of slow) told += String(chunk)
  const messages = told
    .split('\n\n')
    .flatMap((event) => (/^data: /m.test(event) ? [JSON.parse(event.replace(/^[^]*?data: /, '')) as Record<string, unknown>] : []))
  const end = messages.at(-1) as { type: string; position: string; error: { code: string } }
  expect([end.type, end.error.code]).toEqual(['end', 'READ_TOO_SLOW'])
  const positions = messages.flatMap(({ type, position }) => (type === 'changes' ? [position] : []))
  expect(end.position).toBe(positions.at(-1))
  const versions = (from: readonly { after: { amount?: unknown } | null }[]): number[] =>
    from.map(({ after }) => Number(after?.amount) * 100)
  const first = versions(messages.flatMap(({ type, changes }) => (type === 'changes' ? (changes as { after: object }[]) : [])))
  const resumed = await readVersions(end.position, version)
  const all = [...first, ...resumed].map(Math.round)
  expect(all).toEqual(Array.from({ length: version - 1 }, (_, at) => at + 2))
  expect(others.rows).toEqual(rowsInLog(house.store.reader(), 'revenue'))
  await others.stop()
}, 120_000)

async function readVersions(from: string, last: number): Promise<number[]> {
  const found: number[] = []
  const subscription = house.client.subscribe('revenue', { from })
  for await (const { after } of subscription) {
    if (after === null) continue
    found.push(Number(after['amount']) * 100)
    if (Math.round(found.at(-1) as number) === last) return found
  }
  return found
}

it('a commit that is too large to be kept for all is read from the log by each, whole and once', async () => {
  const subscriptions = [
    new FoldedSubscription(house.client),
    new FoldedSubscription(house.client, { transport: 'websocket' }),
    new FoldedSubscription(house.client, { where: "country < 'C'" }),
  ]
  for (const subscription of subscriptions) await subscription.ready()
  const text = (id: number): string => `${id % 2 === 0 ? 'A' : 'D'}${'y'.repeat(3_000)}${id}`
  const large = await house.put(...Array.from({ length: 3_000 }, (_, id): [number, string, number] => [id, text(id), id]))
  const small = await house.put([1, 'B', 1])
  for (const subscription of subscriptions) await subscription.until(({ atCut }) => atCut.has(small))
  const [all, same, some] = subscriptions as [FoldedSubscription, FoldedSubscription, FoldedSubscription]
  expect(all.atCut.get(large)).toEqual(rowsInLog(house.store.reader(), 'revenue', large))
  expect(all.rows).toEqual(rowsInLog(house.store.reader(), 'revenue'))
  expect(same.rows).toEqual(all.rows)
  expect(some.rows).toEqual(all.rows.filter((row) => !row.includes('"country":"D')))
  expect(subscriptions.map(({ reconnects }) => reconnects)).toEqual([0, 0, 0])
  const partly = all.seen.findIndex(({ position, last, cut }) => cut === large && position !== null && !last)
  const from = all.seen[partly]?.position ?? ''
  const rest = new FoldedSubscription(
    house.client,
    { from },
    'revenue',
    all.seen.slice(0, partly + 1).flatMap(({ after }) => (after === null ? [] : [JSON.stringify(after)])),
  )
  await rest.until(({ atCut }) => atCut.has(small))
  expect(partly).toBeGreaterThan(0)
  expect(rest.rows).toEqual(all.rows)
  expect(rest.seen.length - 1).toBe(all.seen.length - partly - 1)
  await rest.stop()
  for (const subscription of subscriptions) await subscription.stop()
}, 120_000)

it('a thousand subscribers, each with what it asked for, have the rows of the log at every commit', async () => {
  await house.put(...Array.from({ length: 50 }, (_, id): [number, string, number] => [id, `c${id % 5}`, id]))
  const asked = [{}, { where: { country: 'c1' } }, { where: 'amount > 0.20' }]
  const subscriptions = Array.from({ length: 1_000 }, (_, at) => {
    const transport = at % 10 === 0 ? ('websocket' as const) : ('events' as const)
    return new FoldedSubscription(house.client, at % 4 === 3 ? { transport, key: at % 50 } : { transport, ...asked[at % 4] })
  })
  for (const subscription of subscriptions) await subscription.ready()
  expect(house.reading.subscribersOf('revenue')).toBe(1_000)
  const cuts: number[] = []
  for (let round = 0; round < 20; round += 1) cuts.push(await house.put([round, `c${(round + 1) % 5}`, 50 - round], [49, 'c0', round]))
  const last = await house.put(...Array.from({ length: 50 }, (_, id): [number, string, number] => [id, 'c1', 30 + id]))
  for (const subscription of subscriptions) await subscription.until(({ atCut }) => atCut.has(last))
  const reader = house.store.reader()
  const fits = [
    (): boolean => true,
    (row: { country: string }): boolean => row.country === 'c1',
    (row: { amount: string }): boolean => Number(row.amount) > 0.2,
  ]
  const wanted = (at: number, cut: number): string[] =>
    rowsInLog(reader, 'revenue', cut).filter((text) => {
      const row = JSON.parse(text) as { id: number; country: string; amount: string }
      return at % 4 === 3 ? row.id === at % 50 : fits[at % 4]?.(row)
    })
  for (let at = 0; at < 8; at += 1) {
    for (const [cut, rows] of (subscriptions[at] as FoldedSubscription).atCut) expect(rows).toEqual(wanted(at, cut))
  }
  for (const [at, { rows }] of subscriptions.entries()) expect(rows).toEqual(wanted(at, last))
  await Promise.all(subscriptions.map((subscription) => subscription.stop()))
  await expect.poll(() => house.reading.subscribersOf('revenue'), { timeout: 60_000 }).toBe(0)
}, 240_000)

it.each([1, 2, 3])(
  'whatever changes, however often lines break and servers stop, each change is given once (seed %i)',
  async (seed) => {
    const random = seededRandom(seed)
    const countries = ['DE', 'AT', null]
    const change = (): [number, string | null, number] => [random.below(12), countries[random.below(3)] as string | null, random.below(4)]
    const present = new Set<number>()
    const commit = (): Promise<number> => {
      const rows = new Map(Array.from({ length: 1 + random.below(4) }, () => change()).map((row) => [row[0], row]))
      return house.put(
        ...[...rows.values()].map((row) => {
          if (present.has(row[0]) && random.below(3) === 0) {
            present.delete(row[0])
            return row[0]
          }
          present.add(row[0])
          return row
        }),
      )
    }
    for (let first = 0; first < 5; first += 1) await commit()
    const asked = [{}, { where: { country: 'DE' } }, { where: "amount > 0.01 or country = 'AT'" }, { key: 3 }]
    const fits = [
      (): boolean => true,
      (row: string): boolean => row.includes('"DE"'),
      (row: string): boolean => /"0.0[23]"|"AT"/.test(row),
      (row: string): boolean => row.includes('"id":3,'),
    ]
    const subscriptions = asked.flatMap((options) => [
      new FoldedSubscription(house.client, { ...options, transport: 'events' }),
      new FoldedSubscription(house.client, { ...options, transport: 'websocket' }),
    ])
    for (const subscription of subscriptions) await subscription.ready()
    for (let round = 0; round < 60; round += 1) {
      await commit()
      if (random.below(12) === 0) await house.restart()
      if (random.below(4) === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    const last = await house.put(...Array.from({ length: 12 }, (_, id): [number, string, number] => [id, 'DE', 3]))
    const reader = house.store.reader()
    for (const [at, subscription] of subscriptions.entries()) {
      const wanted = rowsInLog(reader, 'revenue', last).filter((row) => fits[Math.floor(at / 2)]?.(row))
      await subscription.until(({ rows }) => rows.join() === wanted.join())
      for (const [cut, rows] of subscription.atCut) {
        expect(rows).toEqual(rowsInLog(reader, 'revenue', cut).filter((row) => fits[Math.floor(at / 2)]?.(row)))
      }
      expect(subscription.seen.filter(({ operation }) => operation === 'truncate')).toEqual([])
      await subscription.stop()
    }
  },
  240_000,
)
