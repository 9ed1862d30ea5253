import { describe, expect, it } from 'vitest'
import { bound } from '../testing/shop.ts'
import { describeSpread } from './describe-spread.ts'

async function described(sql: string, workers = 2): Promise<string> {
  const [model] = await bound({ model: sql })
  if (model === undefined) throw new Error('the model does not bind')
  return describeSpread(model, workers)
}

describe('where a model is computed', () => {
  it('is told with the columns that deal its rows', async () => {
    expect(await described('SELECT customer_id, count(*) AS n FROM shop.orders GROUP BY customer_id')).toBe(
      'over 2 workers, shop.orders by customer_id',
    )
    expect(await described('SELECT note FROM shop.orders')).toBe('over 2 workers, shop.orders row by row')
    expect(await described('SELECT note FROM shop.orders', 1)).toBe('in one thread')
  })

  it('is told with the reason where it is one place', async () => {
    expect(await described('SELECT count(*) AS n FROM shop.orders')).toBe('as a whole on one of 2 workers: an aggregate over all rows')
    expect(await described('SELECT id FROM shop.orders ORDER BY id LIMIT 3')).toBe('as a whole on one of 2 workers: a limit over all rows')
    expect(await described('SELECT o.id FROM shop.orders o JOIN shop.customers c ON c.id > o.id')).toBe(
      'as a whole on one of 2 workers: a join without equal keys that are plain columns',
    )
    expect(await described('SELECT max(n) AS n FROM (SELECT customer_id, count(*) AS n FROM shop.orders GROUP BY customer_id)')).toBe(
      'over 2 workers, shop.orders by customer_id; what is built on that in one thread: an aggregate over all rows',
    )
  })
})
