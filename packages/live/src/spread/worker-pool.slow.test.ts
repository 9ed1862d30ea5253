import { describe, expect, it } from 'vitest'
import { bound, ORDERS, TABLES } from '../testing/shop.ts'
import { type RowChange, ShopLog } from '../testing/shop-log.ts'
import { PublishedRelation } from '../testing/published-relation.ts'
import type { WorkerLimits } from './model-worker.ts'
import { WorkerPool } from './worker-pool.ts'

const MODELS = {
  named: 'SELECT o.id, c.name, o.customer_id FROM shop.orders o LEFT JOIN shop.customers c ON c.id = o.customer_id',
  above: 'SELECT customer_id, count(*) AS n FROM named GROUP BY customer_id',
}
/** Far more than any of these tests takes. */
const WAIT_MS = 60_000

function orders(from: number, count: number): readonly RowChange[] {
  return Array.from({ length: count }, (_, at) => ({ stream: ORDERS.name, operation: 'insert', row: [from + at, (from + at) % 50, null] }))
}

async function withLog(limits: WorkerLimits, work: (log: ShopLog, pool: WorkerPool) => Promise<void>): Promise<void> {
  const pool = await WorkerPool.start(2, limits)
  const log = await ShopLog.open(TABLES)
  log.workers = pool
  try {
    await work(log, pool)
  } finally {
    await log.close()
    await pool.close()
  }
}

describe('models over worker threads', () => {
  it('publish what they would publish in one, also when built on each other and after a restart', async () => {
    const models = await bound(MODELS)
    await withLog({ waitMs: WAIT_MS }, async (log) => {
      let running = log.start(models)
      await running.reach(await log.push(orders(0, 300)))
      await running.stop()
      running = log.start(models)
      await running.reach(await log.push(orders(300, 300)))
      await running.stop()
      const [, above] = models
      const rows = above === undefined ? [] : new PublishedRelation(above.schema).read(log.reader, 'above').rows()
      expect(rows).toHaveLength(50)
      expect(rows.every(([, count]) => Number(count) === 12)).toBe(true)
    })
  })

  it('take the log as it comes, many commits behind', async () => {
    const models = await bound(MODELS)
    await withLog({ waitMs: WAIT_MS }, async (log) => {
      const running = log.start(models)
      await running.reach(await log.push(orders(0, 50)))
      let cut = 0
      for (let part = 1; part < 60; part += 1) cut = await log.push(orders(part * 50, 50))
      await running.reach(cut)
      await running.stop()
      const rows = models.flatMap(({ schema, name }) => [...new PublishedRelation(schema).read(log.reader, name).rows()])
      expect(rows).toHaveLength(3000 + 50)
      expect(rows.slice(3000).every(([, count]) => Number(count) === 60)).toBe(true)
    })
  })

  it('end, with the reason, once a worker does not answer', async () => {
    const models = await bound(MODELS)
    await withLog({ waitMs: 0.001 }, async (log) => {
      const running = log.start(models)
      await expect(running.reach(await log.push(orders(0, 100_000)))).rejects.toMatchObject({
        code: 'LIVE_WORKER_LOST',
        details: { what: expect.stringContaining('no answer') },
      })
    })
  })

  it('end, with the reason, once a worker is out of memory', async () => {
    const models = await bound({ texts: 'SELECT list(id ORDER BY id) AS ids, customer_id % 2 AS part FROM shop.orders GROUP BY 2' })
    await withLog({ waitMs: WAIT_MS, heapMegabytes: 40 }, async (log) => {
      const running = log.start(models)
      const fill = async (): Promise<void> => {
        for (let from = 0; from < 10_000_000; from += 50_000) await running.reach(await log.push(orders(from, 50_000)))
      }
      await expect(fill()).rejects.toMatchObject({ code: 'LIVE_WORKER_LOST', details: { what: expect.stringContaining('memory') } })
    })
  })
})
