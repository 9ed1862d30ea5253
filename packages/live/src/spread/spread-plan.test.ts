import { describe, expect, it } from 'vitest'
import { runnablePlan } from '../runner/model-graph.ts'
import { bound } from '../testing/shop.ts'
import { spreadPlan } from './spread-plan.ts'

/** Per part, over what it is computed and by which columns of what its rows are dealt; then whether anything is left. */
async function spread(sql: string): Promise<readonly string[]> {
  const [model] = await bound({ model: sql })
  if (model === undefined) throw new Error('the model does not bind')
  const { parts, rest } = spreadPlan(runnablePlan(model))
  const lines = parts.map(
    ({ over, exchanges }) => `${over}: ${exchanges.map(({ relation, key }) => `${relation} by ${key?.join(', ') ?? 'any'}`).join('; ')}`,
  )
  return rest === null ? lines : [...lines, 'and the rest']
}

describe('a plan is spread over shards', () => {
  it('by any row where it remembers none', async () => {
    expect(await spread('SELECT id + 1 AS next FROM shop.orders WHERE id > 3')).toEqual(['shards: shop.orders by any'])
  })

  it('by all columns of a group, as far as they are plain', async () => {
    expect(await spread('SELECT id, customer_id, count(*) AS n FROM shop.orders GROUP BY id, customer_id')).toEqual([
      'shards: shop.orders by id, customer_id',
    ])
    expect(await spread('SELECT id % 3 AS part, customer_id, count(*) AS n FROM shop.orders GROUP BY 1, 2')).toEqual([
      'shards: shop.orders by customer_id',
    ])
  })

  it('by the key of a join on both sides, and of a join above by what both agree on', async () => {
    expect(await spread('SELECT o.id, c.name FROM shop.orders o JOIN shop.customers c ON c.id = o.customer_id')).toEqual([
      'shards: shop.orders by customer_id; shop.customers by id',
    ])
  })

  it('as far as one key reaches, and what is above in one place', async () => {
    const sql = 'SELECT c.name, count(*) AS n FROM shop.orders o JOIN shop.customers c ON c.id = o.customer_id GROUP BY c.name'
    expect(await spread(sql)).toEqual(['shards: shop.orders by customer_id; shop.customers by id', 'and the rest'])
  })

  it('by the partition of a window, and not at all without one', async () => {
    expect(await spread('SELECT id, row_number() OVER (PARTITION BY customer_id ORDER BY id) AS n FROM shop.orders')).toEqual([
      'shards: shop.orders by customer_id',
    ])
    expect(await spread('SELECT id, row_number() OVER (ORDER BY id) AS n FROM shop.orders')).toEqual(['whole: shop.orders by any'])
  })

  it('not by the side of a join that may be missing', async () => {
    const sql = `SELECT name, count(*) AS n FROM (SELECT c.id AS name FROM shop.orders o LEFT JOIN shop.customers c ON c.id = o.customer_id) GROUP BY name`
    expect(await spread(sql)).toEqual(['shards: shop.orders by customer_id; shop.customers by id', 'and the rest'])
  })
})
