import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Postgres, startPostgres } from '../postgres.ts'
import { ACTIONS } from './actions.ts'
import { SHOP_TABLES, shopSchema } from './schema.ts'
import { seedShop } from './seed.ts'
import { ShopWorkload, type ShopWorkloadStats } from './workload.ts'

const SIZE = { customers: 200, products: 50, orders: 500, seed: 7 }

let postgres: Postgres

beforeAll(async () => {
  postgres = await startPostgres()
})

afterAll(async () => {
  await postgres.stop()
})

/** A shop in a database of its own, with a slot that shows every change that was committed since. */
async function openShop(name: string): Promise<{ url: string; client: pg.Client }> {
  await postgres.query(`create database ${name}`)
  const url = postgres.urlFor({ database: name })
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(shopSchema)
  await seedShop(client, SIZE)
  await client.query('create publication seen for all tables')
  await client.query(`select pg_create_logical_replication_slot('${name}', 'pgoutput')`)
  return { url, client }
}

/** Counts the messages of one kind of change in the log: the server's own account of what was committed. */
async function changesInLog(client: pg.Client, slot: string): Promise<Record<string, number>> {
  const { rows } = await client.query<{ kind: string; count: number }>(
    `select chr(get_byte(data, 0)) as kind, count(*)::int as count
     from pg_logical_slot_peek_binary_changes('${slot}', null, null, 'proto_version', '1', 'publication_names', 'seen') group by 1`,
  )
  return Object.fromEntries(rows.map(({ kind, count }) => [kind, count]))
}

async function contents(client: pg.Client): Promise<string> {
  const parts = SHOP_TABLES.map((table) => `select '${table}' || md5(string_agg(t::text, ';' order by t::text)) as sum from ${table} t`)
  const { rows } = await client.query<{ sum: string }>(parts.join(' union all '))
  return rows.map((row) => row.sum).join(' ')
}

async function runUntil(workload: ShopWorkload, done: (stats: ShopWorkloadStats) => boolean): Promise<void> {
  const stop = new AbortController()
  const running = workload.run(stop.signal).finally(() => stop.abort())
  while (!stop.signal.aborted && !done(workload.stats())) await sleep(20)
  stop.abort()
  await running
}

test('the same seed fills two shops with the same rows, another seed with others', async () => {
  const { client } = await openShop('seeded')
  const sizes = await client.query('select count(*)::int as orders, (select count(*)::int from order_items) as items from orders')
  expect(sizes.rows[0]).toMatchObject({ orders: 500 })
  expect(sizes.rows[0].items).toBeGreaterThan(1000)
  const first = await contents(client)
  const again = async (seed: number): Promise<string> => {
    await client.query(`truncate ${SHOP_TABLES.join(', ')} restart identity`)
    await seedShop(client, { ...SIZE, seed })
    return contents(client)
  }
  expect(await again(7)).toBe(first)
  expect(await again(8)).not.toBe(first)
  await client.end()
})

test('a workload counts exactly the changes that a reader of the log sees, and does everything that shops do', async () => {
  const { url, client } = await openShop('busy')
  const workload = new ShopWorkload({ url, seed: 3, ratePerSecond: 100_000 })
  await runUntil(workload, ({ actions, rolledBack }) => Object.keys(actions).length === ACTIONS.length - 1 && rolledBack > 0)
  const { changes, transactions, uncertain, disconnects, actions } = workload.stats()
  const log = await changesInLog(client, 'busy')
  expect((log['I'] ?? 0) + (log['U'] ?? 0) + (log['D'] ?? 0)).toBe(changes)
  expect(log['B']).toBe(transactions)
  expect({ uncertain, disconnects }).toEqual({ uncertain: 0, disconnects: 0 })
  expect(ACTIONS.map((action) => action.name).filter((name) => actions[name] === undefined)).toEqual(['abandon order'])
  expect((await client.query('select max(length(notes)) as longest from customers')).rows[0].longest).toBeGreaterThan(2000)
  await client.end()
})

test('a workload keeps to its rate', async () => {
  const { url, client } = await openShop('calm')
  const workload = new ShopWorkload({ url, ratePerSecond: 40 })
  await workload.run(AbortSignal.timeout(2500))
  expect(workload.stats().changes).toBeGreaterThan(80)
  expect(workload.stats().changes).toBeLessThan(140)
  await client.end()
})

test('a burst makes exactly the asked number of changes, the same for the same seed', async () => {
  const { url, client } = await openShop('burst')
  const { changes, transactions } = await new ShopWorkload({ url, seed: 5 }).burst(30_003)
  const log = await changesInLog(client, 'burst')
  expect((log['I'] ?? 0) + (log['U'] ?? 0) + (log['D'] ?? 0)).toBe(changes)
  expect({ changes, begun: log['B'] }).toEqual({ changes: 30_003, begun: transactions })
  const counts = `select count(*) as items, sum(quantity) as quantity, sum(unit_price) as price from order_items`
  const first = await client.query(counts)
  const twin = await openShop('burst_twin')
  await new ShopWorkload({ url: twin.url, seed: 5 }).burst(30_003)
  expect((await twin.client.query(counts)).rows).toEqual(first.rows)
  await client.end()
  await twin.client.end()
})

test('a workload outlives a restart of its server', async () => {
  const { url, client } = await openShop('restarted')
  client.on('error', () => undefined)
  const workload = new ShopWorkload({ url, ratePerSecond: 2000 })
  let restarted = 0
  const restart = async (): Promise<void> => {
    while (workload.stats().changes < 100) await sleep(20)
    await postgres.kill()
    await postgres.start()
    restarted = workload.stats().changes
  }
  await Promise.all([restart(), runUntil(workload, ({ changes }) => restarted > 0 && changes > restarted + 100)])
  expect(workload.stats().disconnects).toBeGreaterThan(0)
})
