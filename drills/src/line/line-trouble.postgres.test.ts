/** Capture over a bad line: whatever the line does, the log ends with each committed change, once (laws 2 and 5). */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock, systemRandom } from '@millrace/base'
import { PostgresCapture } from '@millrace/capture'
import type { LogReader } from '@millrace/core'
import { openStore, type Store } from '@millrace/store'
import { type FaultProxy, type Postgres, seedShop, shopSchema, ShopWorkload, startFaultProxy, startPostgres } from '@millrace/testing'
import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'

const SIZE = { customers: 20, products: 20, orders: 60, seed: 11 }
const CHANGES_PER_SECOND = 60
/** A question to the catalogue that falls into the hole is given up after a minute. */
const WAIT_MS_MAX = 90_000

let folder: string
let postgres: Postgres
let proxy: FaultProxy
let store: Store
let capture: PostgresCapture
let running: Promise<void>
let stop: AbortController
let seeded: number
let workload: ShopWorkload

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-line-'))
  postgres = await startPostgres()
  await postgres.query(shopSchema)
  const client = new pg.Client({ connectionString: postgres.url })
  await client.connect()
  seeded = await seedShop(client, SIZE).finally(() => client.end())
  workload = new ShopWorkload({ url: postgres.url, seed: 2, ratePerSecond: CHANGES_PER_SECOND })
  proxy = await startFaultProxy({ target: { port: postgres.port } })
  store = await openStore(join(folder, 'store.db'))
  const config = { kind: 'postgres', url: postgres.url.replace(`:${postgres.port}/`, `:${proxy.port}/`) } as const
  const parts = {
    silenceMsMax: 6000,
    writer: store,
    reader: store.reader(),
    clock: systemClock,
    random: systemRandom,
    partitionsOf: () => 1,
  }
  capture = new PostgresCapture({ project: 'line', name: 'shop', config, ...parts })
  stop = new AbortController()
})

afterEach(async () => {
  stop.abort()
  await running
  await store.close()
  await proxy.close()
  await postgres.stop()
  rmSync(folder, { recursive: true, force: true })
})

function identities(reader: LogReader): { total: number; distinct: number } {
  const seen = new Set<string>()
  let total = 0
  for (const { name } of reader.streams()) {
    for (const stored of reader.read(name)) {
      const { count, transactions, indexes } = stored.batch()
      total += count
      for (let row = 0; row < count; row += 1) seen.add(`${transactions[row]}/${indexes[row]}`)
    }
  }
  return { total, distinct: seen.size }
}

const logged = (reader: LogReader): number =>
  reader.streams().reduce((sum, { name }) => sum + reader.extents(name).reduce((all, { next }) => all + next, 0), 0)

async function until(done: () => boolean, what: string, msMax = WAIT_MS_MAX): Promise<void> {
  const deadline = performance.now() + msMax
  while (!done()) {
    expect(performance.now(), `${what}; capture says ${JSON.stringify(capture.observe())}`).toBeLessThan(deadline)
    await sleep(20)
  }
}

/** Runs the shop while the trouble lasts, mends the line, and waits for what is owed. */
async function survive(trouble: () => Promise<void>): Promise<void> {
  const reader = store.reader()
  running = capture.run(stop.signal)
  await until(() => logged(reader) >= seeded, 'the snapshot arrives')
  const shopStop = new AbortController()
  const shop = workload.run(shopStop.signal)
  await until(() => logged(reader) > seeded + CHANGES_PER_SECOND, 'changes arrive before the trouble')
  await trouble()
  await sleep(500)
  shopStop.abort()
  await shop
  const owed = seeded + workload.stats().changes
  await until(() => logged(reader) >= owed, 'every change arrives after the trouble')
  await sleep(200)
  expect(identities(reader)).toEqual({ total: owed, distinct: owed })
  reader.close()
}

/** Thirteen divides no length that the protocol uses, so every field is cut somewhere. */
test('a line that delivers in crumbs changes nothing', async () => {
  proxy.behave({ toClient: { sliceBytes: 13 } })
  await survive(() => Promise.resolve())
})

test('a line that is reset again and again, in the middle of messages, loses and repeats nothing', async () => {
  await survive(async () => {
    for (const resetAfterBytes of [1, 700, 5_000, 40_000]) {
      proxy.behave({ toClient: { resetAfterBytes } })
      proxy.reset()
      await sleep(700)
      proxy.behave({})
      await sleep(300)
    }
  })
})

test('a server that refuses for a while is found again', async () => {
  await survive(async () => {
    proxy.behave({ refuse: true })
    proxy.reset()
    await sleep(2_000)
    proxy.behave({})
  })
})

test('a connection that is open on this side only is noticed and replaced', async () => {
  await survive(async () => {
    proxy.abandon()
    await sleep(500)
  })
})

test('a black hole is noticed, though every connection stays open', async () => {
  await survive(async () => {
    proxy.behave({ toTarget: { swallow: true }, toClient: { swallow: true } })
    await sleep(1_000)
    proxy.abandon()
    proxy.behave({})
  })
})
