import { seededRandom } from '@millrace/base'
import type { BoundModel } from '@millrace/sql'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { PublishedRelation } from '../testing/published-relation.ts'
import { bound, CUSTOMERS, ORDERS, TABLES } from '../testing/shop.ts'
import { type RowChange, type RunningModels, ShopLog } from '../testing/shop-log.ts'
import { readPublished } from './published-models.ts'

let log: ShopLog
beforeEach(async () => {
  log = await ShopLog.open(TABLES)
})
afterEach(async () => {
  await log.close()
})

const MANY = 60_000
const OLD = { ids: 'SELECT id, note FROM shop.orders WHERE id >= 0', above: 'SELECT note, count(*) AS n FROM ids GROUP BY note' }

/** Enough rows that their filling takes many turns. */
async function manyRows(): Promise<void> {
  const rows = Array.from({ length: MANY }, (_, id): RowChange => order(id, `n${id % 7}`))
  await log.push([...rows, { stream: CUSTOMERS.name, operation: 'insert', row: [1, 'ann'] }])
}

function order(id: number, note: string): RowChange {
  return { stream: ORDERS.name, operation: 'insert', row: [id, id % 3, note] }
}

function relation(models: readonly BoundModel[], name: string): readonly string[] {
  const model = models.find((each) => each.name === name) as BoundModel
  return new PublishedRelation(model.schema)
    .read(log.reader, name)
    .rows()
    .map((row) => row.join('|'))
    .toSorted()
}

function isFilling(running: RunningModels): boolean {
  return running.runner.observe().some(({ phase }) => phase === 'starting' || phase === 'filling')
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1))
}

async function publishedOnce(): Promise<readonly BoundModel[]> {
  await manyRows()
  const models = await bound(OLD)
  const running = log.start(models)
  await running.reach(log.reader.cut())
  await running.stop()
  return models
}

describe('a model that was edited', () => {
  it('is published as it was before until the new version has all its rows, and is then exactly that', async () => {
    const earlier = await publishedOnce()
    expect(readPublished(log.reader).models.map(({ name, sql }) => [name, sql])).toEqual(Object.entries(OLD))
    const models = await bound({ ...OLD, ids: 'SELECT id, upper(note) AS note FROM shop.orders WHERE id >= 5' })
    const random = seededRandom(3)
    const running = log.start(models, earlier)
    let answeredByOld = 0
    for (let id = MANY; isFilling(running); id += 1) {
      await log.push([order(id, 'late'), order(random.below(MANY), 'again')])
      await turn()
      // The old version writes notes in small letters.
      if (isFilling(running) && relation(earlier, 'above').some((row) => row.startsWith('late|'))) answeredByOld += 1
    }
    expect(answeredByOld).toBeGreaterThan(0)
    await running.reach(log.reader.cut())
    expect(running.runner.observe().map(({ phase }) => phase)).toEqual(['running', 'running'])
    const rows = relation(models, 'ids')
    expect(rows.some((row) => row.endsWith('|late') || row.startsWith('4|'))).toBe(false)
    expect(relation(models, 'above').join()).toMatch(/AGAIN\|\d+,LATE\|\d+,N0\|/)
    await running.stop()
    const fresh = await ShopLog.open(TABLES)
    for (const stored of log.reader.read(ORDERS.name))
      await fresh.store.commit({ appends: [{ stream: ORDERS.name, partition: 0, batch: stored.batch() }] })
    const anew = fresh.start(models)
    await anew.reach(fresh.reader.cut())
    const expected = new PublishedRelation((models[0] as BoundModel).schema)
      .read(fresh.reader, 'ids')
      .rows()
      .map((row) => row.join('|'))
    expect(rows).toEqual(expected.toSorted())
    await anew.stop()
    await fresh.close()
  })

  it('with other columns shows the old ones until it has all its rows', async () => {
    const earlier = await publishedOnce()
    const models = await bound({
      ids: 'SELECT id, customer_id FROM shop.orders',
      above: 'SELECT customer_id, count(*) AS n FROM ids GROUP BY customer_id',
    })
    const running = log.start(models, earlier)
    for (let id = MANY; isFilling(running); id += 1) {
      await log.push([order(id, 'late')])
      await turn()
    }
    await running.reach(log.reader.cut())
    expect(running.runner.observe().map(({ phase }) => phase)).toEqual(['running', 'running'])
    const many = log.reader.extents(ORDERS.name).reduce((sum, { next }) => sum + next, 0)
    expect(relation(models, 'above').reduce((sum, row) => sum + Number(row.split('|')[1]), 0)).toBe(many)
    await running.stop()
  })

  it('and has no answer gives up its version before with it, and the models beside both go on', async () => {
    const earlier = await publishedOnce()
    const broken = 'SELECT id, note FROM shop.orders WHERE (id * 9223372036854775807)::BIGINT > 0'
    const names = 'SELECT id, name FROM shop.customers'
    const models = await bound({ ...OLD, ids: broken, names })
    const running = log.start(models, earlier)
    await running.reach(await log.push([order(MANY, 'late')]))
    const phases = Object.fromEntries(running.runner.observe().map(({ name, phase }) => [name, phase]))
    expect(phases).toEqual({ ids: 'failed', above: 'failed', names: 'running' })
    expect(relation(models, 'names')).toEqual(['1|ann'])
    const before = log.reader.extents('ids')
    await running.reach(await log.push([order(MANY + 1, 'later')]))
    expect(log.reader.extents('ids')).toEqual(before)
    await running.stop()
  })

  it('that is edited back while it is being filled is whole at once', async () => {
    const earlier = await publishedOnce()
    const edited = log.start(await bound({ ...OLD, ids: `${OLD.ids} AND id < 50` }), earlier)
    await log.push([order(MANY, 'late')])
    await turn()
    await edited.stop()
    const back = log.start(earlier)
    await back.reach(await log.push([order(MANY + 1, 'later')]))
    expect(relation(earlier, 'above')).toContain('later|1')
    expect(relation(earlier, 'ids')).toHaveLength(MANY + 2)
    await back.stop()
  })
})
