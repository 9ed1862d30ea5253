/** A transaction that is taken in slices is seen as if it had been taken at once. */
import { seededRandom } from '@millrace/base'
import { changeAt, type Value } from '@millrace/core'
import type { BoundModel } from '@millrace/sql'
import { describe, expect, it } from 'vitest'
import type { StateMemoryOptions } from '../spill/state-memory.ts'
import { ShardsInPlace } from '../spread/shard-host.ts'
import { PublishedRelation, textOf } from '../testing/published-relation.ts'
import { ACCOUNTS, bound, CUSTOMERS, EVENTS, ORDERS, TABLES } from '../testing/shop.ts'
import { type RowChange, ShopLog } from '../testing/shop-log.ts'
import { readProgress } from './live-progress.ts'

const MODELS = {
  named: 'SELECT o.id, c.name, o.note FROM shop.orders o LEFT JOIN shop.customers c ON c.id = o.customer_id',
  counted: 'SELECT name, count(*) AS n, max(note) AS last FROM named GROUP BY name',
  newest: 'SELECT id, note, row_number() OVER (PARTITION BY customer_id ORDER BY id DESC) AS place FROM shop.orders',
  first: 'SELECT id, note FROM shop.orders ORDER BY note, id LIMIT 7',
  heard: 'SELECT what, size + 1 AS size FROM bank.events',
  lonely: 'SELECT id, name FROM shop.customers c WHERE NOT EXISTS (SELECT 1 FROM shop.orders o WHERE o.customer_id = c.id)',
  chain: `WITH RECURSIVE chain(id) AS (
    SELECT id FROM shop.orders WHERE customer_id = 1 UNION SELECT o.id FROM shop.orders o JOIN chain ON o.customer_id = chain.id + 1
  ) SELECT id FROM chain`,
  total: 'SELECT sum(balance) AS total, count(*) AS accounts FROM bank.accounts',
}

/** Transactions in which the same rows change again and again, and rows come that go at once. */
class History {
  readonly #random = seededRandom(5)
  readonly #orders = new Map<number, Value>()
  readonly #events: Value[][] = []
  readonly #customers = new Set<number>()

  transaction(changes: number): RowChange[] {
    return Array.from({ length: changes }, (): RowChange => {
      const kind = this.#random.below(10)
      if (kind < 6) return this.#order()
      return kind < 8 ? this.#event() : this.#customer()
    })
  }

  #order(): RowChange {
    const id = this.#random.below(400)
    const row: Value[] = [id, this.#random.below(60), `note ${this.#random.below(90)}`]
    if (!this.#orders.has(id)) {
      this.#orders.set(id, null)
      return { stream: ORDERS.name, operation: 'insert', row }
    }
    if (this.#random.below(3) > 0) return { stream: ORDERS.name, operation: 'update', row }
    this.#orders.delete(id)
    return { stream: ORDERS.name, operation: 'delete', row: [id, undefined, undefined] }
  }

  #event(): RowChange {
    const gone = this.#random.below(3) === 0 ? this.#events.pop() : undefined
    if (gone !== undefined) return { stream: EVENTS.name, operation: 'delete', row: gone }
    const row = [`event ${this.#random.below(30)}`, this.#random.below(4)]
    this.#events.push(row)
    return { stream: EVENTS.name, operation: 'insert', row }
  }

  #customer(): RowChange {
    const id = this.#random.below(60)
    const operation = this.#customers.has(id) ? 'update' : 'insert'
    this.#customers.add(id)
    return { stream: CUSTOMERS.name, operation, row: [id, `name ${this.#random.below(20)}`] }
  }
}

interface Way {
  readonly stepChangesLimit: number | null
  readonly memory?: StateMemoryOptions
  readonly workers?: number
}

/** Per model and transaction all that was told of it, and in how many cuts of the log. */
type Told = Record<string, { readonly changes: readonly string[]; readonly cuts: number; readonly places: number }>

/** `transactions`: their cuts. */
function toldOf(log: ShopLog, models: readonly BoundModel[], transactions: readonly number[]): Told {
  const told = new Map<string, { changes: string[]; cuts: Set<number>; places: Set<string> }>()
  for (const { name } of models) {
    for (const stored of log.reader.read(name)) {
      const batch = stored.batch()
      const key = `${name} after ${transactions.filter((cut) => cut <= (stored.asOf ?? -1)).length}`
      const entry = told.get(key) ?? { changes: [], cuts: new Set(), places: new Set() }
      told.set(key, entry)
      entry.cuts.add(stored.cut)
      for (let at = 0; at < batch.count; at += 1) {
        const { operation, before, after } = changeAt(batch, at)
        entry.changes.push(
          `${operation} ${textOf(((operation === 'update' ? before : null) ?? []) as Value[])} ${textOf((after ?? []) as Value[])}`,
        )
        entry.places.add(`${batch.transactions[at]}/${batch.indexes[at]}`)
      }
    }
  }
  return Object.fromEntries(
    [...told].map(([key, { changes, cuts, places }]) => [key, { changes: changes.toSorted(), cuts: cuts.size, places: places.size }]),
  )
}

async function toldIn({ stepChangesLimit, memory, workers }: Way, models: readonly BoundModel[]): Promise<Told> {
  const log = await ShopLog.open(TABLES)
  const pool = workers === undefined ? null : new ShardsInPlace(workers)
  try {
    log.stepChangesLimit = stepChangesLimit
    log.workers = pool
    const history = new History()
    const running = log.start(models, [], memory)
    await running.reach(log.reader.cut())
    const transactions: number[] = []
    for (const changes of [20, 700, 3, 900, 1500]) {
      const account: RowChange = { stream: ACCOUNTS.name, operation: 'insert', row: [changes, 5] }
      transactions.push(await log.push([account, ...history.transaction(changes)]))
      await running.reach(transactions.at(-1) as number)
    }
    await running.stop()
    return toldOf(log, models, transactions)
  } finally {
    pool?.close()
    await log.close()
  }
}

describe('a transaction that is taken in slices', () => {
  it('law 3: tells exactly the difference that it tells when it is taken at once, in one cut, each change at a place of its own', async () => {
    const models = await bound(MODELS)
    const whole = await toldIn({ stepChangesLimit: null }, models)
    const sizes = Object.values(whole).map(({ changes }) => changes.length)
    expect(sizes.length).toBeGreaterThan(Object.keys(MODELS).length * 2)
    for (const { changes, cuts, places } of Object.values(whole)) expect([cuts, places]).toEqual([1, changes.length])
    expect(await toldIn({ stepChangesLimit: 60 }, models)).toEqual(whole)
    expect(await toldIn({ stepChangesLimit: 60, memory: { bytesLimit: 64 << 10, partBytesLimit: 8 << 10 } }, models)).toEqual(whole)
    expect(await toldIn({ stepChangesLimit: 200, workers: 2 }, models)).toEqual(whole)
  }, 600_000)

  it('law 1: is not seen by half when the process ends in the middle of it, and is taken again', async () => {
    const models = await bound({ named: MODELS.named, counted: MODELS.counted })
    const many = Array.from({ length: 70_000 }, (_, id): RowChange => ({
      stream: ORDERS.name,
      operation: 'insert',
      row: [id, id % 5, `n${id}`],
    }))
    const log = await ShopLog.open(TABLES)
    try {
      log.stepChangesLimit = 40_000
      const first = log.start(models)
      await first.reach(await log.push([{ stream: CUSTOMERS.name, operation: 'insert', row: [1, 'ann'] }]))
      const cut = await log.push(many)
      // What is written first is a part of the stream's rows, which the next process must not take for saved.
      first.doom('after')
      await first.reach(cut)
      expect(first.isAlive).toBe(false)
      await first.kill()
      await log.reopen()
      expect(staged(log)).toBeGreaterThan(0)
      expect(log.reader.extents('named').map(({ next }) => next)).toEqual([0])
      expect(readProgress(log.reader).cut).toBeLessThan(cut)
      const second = log.start(models)
      await second.reach(cut)
      await second.stop()
      expect(staged(log)).toBe(0)
      const told = [...log.reader.read('named')]
      expect(told.reduce((sum, { count }) => sum + count, 0)).toBe(many.length)
      expect(new Set(told.map((stored) => stored.cut)).size).toBe(1)
      expect(relation(log, models[1])).toEqual([textOf(['ann', 14_000, 'n9996']), textOf([null, 56_000, 'n9999'])].toSorted())
    } finally {
      await log.close()
    }
  }, 600_000)
})

/** What is in the store and not visible: batches, and records of rows. */
function staged(log: ShopLog): number {
  const sql = "select (select count(*) from store_tail) + (select count(*) from store_segment where owner = 'live:/staged') as n"
  const [row] = log.reader.control<{ n: number }>(sql)
  return row?.n ?? -1
}

function relation(log: ShopLog, model: BoundModel | undefined): readonly string[] {
  const { schema, name } = model as BoundModel
  return new PublishedRelation(schema).read(log.reader, name).rows().map(textOf).toSorted()
}

describe('models that have nothing to do with a transaction that takes long', () => {
  const changes = Array.from({ length: 20_000 }, (_, id): RowChange => ({
    stream: ORDERS.name,
    operation: 'insert',
    row: [id, id % 5, `note ${id}`],
  }))

  /** Published models, and then the long transaction with a short one after it that others wait for. */
  async function waiting(log: ShopLog, models: readonly BoundModel[]): Promise<number> {
    const running = log.start(models)
    await running.reach(await log.push([{ stream: ACCOUNTS.name, operation: 'insert', row: [1, 5] }]))
    await running.stop()
    await log.push(changes)
    return await log.push([{ stream: ACCOUNTS.name, operation: 'update', row: [1, 6] }])
  }

  it('are told what came after it before it is done', async () => {
    const models = await bound(MODELS)
    const log = await ShopLog.open(TABLES)
    try {
      log.stepChangesLimit = 2_000
      const cut = await waiting(log, models)
      const running = log.start(models)
      await running.reach(cut)
      await running.stop()
      const newest = (name: string): number => Math.max(...[...log.reader.read(name)].map((stored) => stored.cut))
      for (const name of ['named', 'counted', 'newest']) expect(newest('total')).toBeLessThan(newest(name))
      expect(
        relation(
          log,
          models.find(({ name }) => name === 'total'),
        ),
      ).toEqual([textOf([6, 1])])
      expect(readProgress(log.reader).cut).toBeGreaterThanOrEqual(cut)
    } finally {
      await log.close()
    }
  }, 600_000)

  it('law 1: are where they were, and tell nothing twice, after the process has ended meanwhile', async () => {
    const models = await bound(MODELS)
    const log = await ShopLog.open(TABLES)
    try {
      log.stepChangesLimit = 2_000
      const cut = await waiting(log, models)
      const first = log.start(models)
      first.doom('after')
      await first.reach(cut)
      await first.kill()
      await log.reopen()
      const { apart, cut: behind } = readProgress(log.reader)
      expect(apart?.names).toContain('total')
      expect(apart?.names).not.toContain('named')
      expect(behind).toBeLessThan(apart?.cut ?? 0)
      const told = [...log.reader.read('total')].map((stored) => stored.cut)
      const second = log.start(models)
      await second.reach(await log.push([{ stream: ACCOUNTS.name, operation: 'update', row: [1, 7] }]))
      await second.stop()
      expect([...log.reader.read('total')].map((stored) => stored.cut).slice(0, -1)).toEqual(told)
      expect(
        relation(
          log,
          models.find(({ name }) => name === 'total'),
        ),
      ).toEqual([textOf([7, 1])])
      expect(relation(log, models[0])).toHaveLength(changes.length)
      expect(readProgress(log.reader).apart).toBeUndefined()
    } finally {
      await log.close()
    }
  }, 600_000)
})
