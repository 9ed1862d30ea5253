import type { MillraceError } from '@millrace/base'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { OrderVerdict } from '../../order/check-plan.ts'
import { GraphGround } from '../testing/graph-ground.ts'
import { explainOrders } from './explain-order.ts'

const csv = (rows: number): string => `id,k\n${Array.from({ length: rows }, (_, at) => `${at},${at % 5}`).join('\n')}\n`
let ground: GraphGround

beforeEach(() => {
  ground = new GraphGround()
  ground.seed('large', csv(500)).seed('small', csv(5)).seed('middle', csv(50))
  ground.model('kept', '-- @materialize table\nselect id, k from middle where id >= 0')
  ground.model(
    'joined',
    '-- @materialize table\nselect /*+ order(l, m, s) */ count(*) as n from small s join kept m on m.k = s.id join large l on l.id = m.id',
  )
})

afterEach(() => ground.remove())

async function ordersOf(name: string): Promise<readonly OrderVerdict[]> {
  const { graph, catalog, folder, environment } = await ground.place()
  const model = graph.models.get(name)
  return model === undefined ? [] : explainOrders({ catalog, folder, environment }, model)
}

test('a model that states an order is computed, with the rows that it has without it, and its plan obeys', async () => {
  ground.model('free', '-- @materialize table\nselect count(*) as n from small s join kept m on m.k = s.id join large l on l.id = m.id')
  expect(await ground.run()).toMatchObject({ status: 'published', errors: [] })
  expect(await ground.rows('select joined.n, free.n from joined, free')).toEqual([[50n, 50n]])
  expect(await ordersOf('joined')).toEqual([{ order: ['l', 'm', 's'], verdict: 'obeyed', unseen: [], missing: null }])
  expect(await ordersOf('free')).toEqual([])
})

test('a plan is looked at only where there is something that it reads', async () => {
  await ground.run({ select: ['kept'] })
  const error = await ordersOf('joined').catch((failure: MillraceError) => failure)
  expect(error).toMatchObject({ code: 'STREAM_UNKNOWN' })
})

test.each([
  ['select /*+ order(x, s) */ s.k from small s, kept m', 'x is none of its relations'],
  ['-- @materialize view\nselect /*+ order(m, s) */ s.k from small s, kept m', 'its order cannot be held'],
])('an order that cannot be held is an error of the check: %s', async (sql, problem) => {
  ground.model('joined', sql)
  const error = await ground.place().catch((failure: MillraceError) => failure)
  expect(error).toMatchObject({ code: 'SQL_BIND', message: expect.stringContaining(problem) as string })
})
