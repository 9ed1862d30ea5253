/** A state several times larger than it may be in memory: within its limit, and with the rows that DuckDB computes. */
import { seededRandom } from '@millrace/base'
import type { Value } from '@millrace/core'
import type { BoundModel } from '@millrace/sql'
import { expect, it } from 'vitest'
import { Oracle } from '../testing/oracle.ts'
import { PublishedRelation, textOf } from '../testing/published-relation.ts'
import { bound, CUSTOMERS, EVENTS, ITEMS, ORDERS, TABLES } from '../testing/shop.ts'
import { type RowChange, type RunningModels, ShopLog } from '../testing/shop-log.ts'
import type { StateMemoryOptions } from '../spill/state-memory.ts'

const ORDER_COUNT = 6_000
const MODELS = {
  named:
    'SELECT i.id, c.name, o.note, i.quantity FROM shop.order_items i JOIN shop.orders o ON o.id = i.order_id LEFT JOIN shop.customers c ON c.id = o.customer_id',
  idle: 'SELECT id, name FROM shop.customers c WHERE NOT EXISTS (SELECT 1 FROM shop.orders o WHERE o.customer_id = c.id)',
  heard: 'SELECT what, size FROM bank.events',
}
const GROUPED = {
  each: 'SELECT order_id, count(*) AS items, sum(quantity) AS quantity, count(DISTINCT quantity) AS kinds FROM shop.order_items GROUP BY order_id',
  newest: 'SELECT id, customer_id, note FROM shop.orders QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY id DESC) <= 2',
}

/** The rows that there are, by table and key, and the transactions that made them. */
class History {
  readonly rows = new Map<string, Map<Value, readonly Value[]>>(TABLES.map(({ name }) => [name, new Map()]))
  readonly #random = seededRandom(7)

  put(stream: string, row: readonly Value[], operation: 'insert' | 'update' = 'insert'): RowChange {
    this.rows.get(stream)?.set(row[0] as Value, row)
    return { stream, operation, row }
  }

  arrivals(from: number, until: number): RowChange[] {
    return Array.from({ length: until - from }, (_, at) => from + at).flatMap((id) => [
      this.put(ORDERS.name, [id, id % 997, `note ${id}`]),
      ...[0, 1].map((part) => this.put(ITEMS.name, [id * 2 + part, id, 1, id % 9])),
      ...(id % 3 === 0 ? [this.put(CUSTOMERS.name, [id, `customer ${id}`])] : []),
      this.put(EVENTS.name, [`event ${id}`, id]),
    ])
  }

  /** Any rows change, some go, and some get another key. */
  changes(count: number): RowChange[] {
    return Array.from({ length: count }, (): RowChange => {
      const id = this.#random.below(ORDER_COUNT)
      const orders = this.rows.get(ORDERS.name) as Map<Value, readonly Value[]>
      const row = orders.get(id)
      if (row === undefined) return this.put(ORDERS.name, [id, id % 31, `again ${id}`])
      const kind = this.#random.below(4)
      if (kind === 0) {
        orders.delete(id)
        return { stream: ORDERS.name, operation: 'delete', row: [id, undefined, undefined] }
      }
      const moved = ORDER_COUNT * 3 + id
      if (kind > 1 || orders.has(moved)) return this.put(ORDERS.name, [id, this.#random.below(2_000), `changed ${id}`], 'update')
      orders.delete(id)
      orders.set(moved, [moved, row[1] as Value, row[2] as Value])
      // The note is not told, because it did not change.
      return { stream: ORDERS.name, operation: 'update', row: [moved, row[1], undefined], before: [id, undefined, undefined] }
    })
  }
}

/** The bytes at their most while the model comes to a cut. */
async function peakUntil(running: RunningModels, cut: number): Promise<number> {
  const bytes = (): number => Number(running.runner.observe()[0]?.evidence['memoryBytes'])
  const peaks: number[] = []
  const watching = setInterval(() => peaks.push(bytes()), 1)
  await running.reach(cut).finally(() => clearInterval(watching))
  return Math.max(...peaks, bytes())
}

async function live(
  memory: StateMemoryOptions,
  models: readonly BoundModel[],
): Promise<{ peak: number; rows: Record<string, string[]>; history: History }> {
  const log = await ShopLog.open(TABLES)
  const history = new History()
  try {
    let running = log.start(models, [], memory)
    let peak = 0
    for (let from = 0; from < ORDER_COUNT; from += 1_000) {
      peak = Math.max(peak, await peakUntil(running, await log.push(history.arrivals(from, from + 1_000))))
    }
    peak = Math.max(peak, await peakUntil(running, await log.push(history.changes(300))))
    await running.stop()
    await log.reopen()
    running = log.start(models, [], memory)
    for (let round = 0; round < 3; round += 1) peak = Math.max(peak, await peakUntil(running, await log.push(history.changes(300))))
    await running.stop()
    const rows = models.map(({ name, schema }) => [
      name,
      new PublishedRelation(schema).read(log.reader, name).rows().map(textOf).toSorted(),
    ])
    return { peak, rows: Object.fromEntries(rows) as Record<string, string[]>, history }
  } finally {
    await log.close()
  }
}

it.each([
  { of: 'joins and streams', sql: MODELS },
  { of: 'groups and first rows', sql: GROUPED },
])(
  'law 8: a state of $of five times the limit stays within it, over a restart too, and says what DuckDB says',
  async ({ sql: texts }) => {
    const models = await bound(texts)
    const free = await live({}, models)
    const bytesLimit = Math.floor(free.peak / 5)
    const held = await live({ bytesLimit, partBytesLimit: 32 << 10 }, models)
    expect(held.peak).toBeLessThanOrEqual(bytesLimit)
    expect(held.peak).toBeGreaterThan(bytesLimit / 2)
    const oracle = new Oracle()
    try {
      await oracle.begin(TABLES)
      for (const [table, rows] of held.history.rows) await oracle.setRows(table, [...rows.values()])
      for (const { name, sql } of models) {
        const answer = await oracle.answer(sql)
        const expected = answer.kind === 'rows' ? answer.rows.map(textOf).toSorted() : [answer.problem]
        expect({ name, rows: held.rows[name] }).toEqual({ name, rows: expected })
        expect(free.rows[name]).toEqual(expected)
      }
    } finally {
      oracle.close()
    }
  },
  300_000,
)
