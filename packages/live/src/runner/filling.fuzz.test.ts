import { pick, seededRandom } from '@millrace/base'
import type { Value } from '@millrace/core'
import { type BoundModel, laneValueAt } from '@millrace/sql'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bound, CUSTOMERS, EVENTS, ORDERS, TABLES } from '../testing/shop.ts'
import { type RowChange, ShopLog } from '../testing/shop-log.ts'
import { StateMemory } from '../spill/state-memory.ts'
import { Filling } from './filling.ts'
import { FoldSet } from './fold-set.ts'
import { columnsRead } from './model-graph.ts'
import { ModelUnit } from './model-unit.ts'

/** The folds' rows are in memory, or come and go in parts while they are told. */
const BYTES_LIMITS = [Infinity, 16 << 10, 1]

const MODELS = {
  named: 'SELECT o.id, c.name FROM shop.orders o LEFT JOIN shop.customers c ON c.id = o.customer_id',
  above: 'SELECT name, count(*) AS n FROM named GROUP BY name',
  events: 'SELECT what, sum(size) AS size FROM bank.events GROUP BY what',
}

describe('models that are filled while their streams change', () => {
  it('law 3: have the rows that they would have if all had come at once', async () => {
    const models = await bound(MODELS)
    const run = async (seed: number, sliceRows: number): Promise<void> => {
      const random = seededRandom(seed)
      const log = await ShopLog.open(TABLES)
      try {
        const events: Value[][] = []
        const changes = (count: number): RowChange[] => Array.from({ length: count }, () => randomChange(random, events))
        await log.push(changes(40))
        const folds = new FoldSet(log.reader, new StateMemory({ bytesLimit: pick(random, BYTES_LIMITS), partBytesLimit: 1 }))
        for (const keeper of folds.missing(columnsRead(models), { cut: 0, folds: {}, models: {} })) folds.attach(keeper)
        let cut = 0
        const advance = (): ReturnType<FoldSet['step']> => {
          const range = log.reader.readCuts(folds.streams, { afterCut: cut, bytesLimit: 1 << 20 })
          cut = range.untilCut
          return folds.step(range)
        }
        advance()
        const plan = {
          models,
          copies: new Set<string>(),
          published: new Set<string>(),
          makeUnit: (model: BoundModel) => new ModelUnit(model),
        }
        const filling = new Filling({ ...plan, sliceRows }, folds.keepers, log.reader)
        while (!(await filling.slice())) {
          await log.push(changes(1 + random.below(6)))
          await filling.follow(advance().changes)
        }
        const atOnce = new Filling({ ...plan, sliceRows: 1_000_000 }, folds.keepers, log.reader)
        while (!(await atOnce.slice()));
        expect(relations(filling)).toEqual(relations(atOnce))
      } finally {
        await log.close()
      }
    }
    await expect(fc.assert(fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 9 }), run), { numRuns: 8 })).resolves.toBeUndefined()
  })
})

function randomChange(random: ReturnType<typeof seededRandom>, events: Value[][]): RowChange {
  const kind = random.below(4)
  if (kind === 0) {
    if (events.length > 3 && random.below(2) === 0) {
      const [row] = events.splice(random.below(events.length), 1)
      return { stream: EVENTS.name, operation: 'delete', row: row as Value[] }
    }
    const row: Value[] = [`e${random.below(3)}`, random.below(3)]
    events.push(row)
    return { stream: EVENTS.name, operation: 'insert', row }
  }
  const stream = kind === 1 ? CUSTOMERS : ORDERS
  const id = random.below(20)
  const row: Value[] = kind === 1 ? [id, `c${random.below(3)}`] : [id, random.below(20), null]
  return random.below(3) === 0 ? { stream: stream.name, operation: 'delete', row } : { stream: stream.name, operation: 'insert', row }
}

function relations(filling: Filling): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    filling.finish().map(({ unit, difference }) => {
      const rows = Array.from({ length: difference?.count ?? 0 }, (_, row) => {
        const values = difference?.lanes.map((lane) => String(laneValueAt(lane, row)))
        return `${values?.join('/')}×${difference?.weights[row]}`
      })
      return [unit.model.name, rows.toSorted()]
    }),
  )
}
