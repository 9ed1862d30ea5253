/** Models that need more memory than a run may hold. */
import { availableParallelism } from 'node:os'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { GraphGround } from '../testing/graph-ground.ts'

let ground: GraphGround

beforeEach(() => {
  ground = new GraphGround()
})

afterEach(() => ground.remove())

const COLUMNS = 40
/** Each thread holds rows that it reads and writes: the more there are, the larger all is. */
const SHARE = Math.max(2, availableParallelism())
const ROWS = 125_000 * SHARE

test.for([
  [56, ''],
  [64, ''],
  // The engine that obeys has half of the memory of a run that has one.
  [112, '/*+ order(a, b) */'],
] as const)('a join whose tables would just fit into the %d MB a core of a run is computed all the same %s', async ([memoryMb, order]) => {
  const values = Array.from({ length: COLUMNS }, (_, at) => `hash(range + ${at}) as c${at}`).join(', ')
  const wide = `(select range as id, ${values} from range(${ROWS}))`
  const sums = Array.from({ length: COLUMNS }, (_, at) => `a.c${at} // 2 + b.c${COLUMNS - 1 - at} // 2 as c${at}`).join(', ')
  ground.model('joined', `select ${order} a.id, ${sums} from ${wide} a join ${wide} b on a.id = b.id`)
  expect(await ground.run({ memoryMb: memoryMb * SHARE })).toMatchObject({ status: 'published', errors: [] })
  expect(await ground.rows('select count(*), count(distinct id) from joined')).toEqual([[BigInt(ROWS), BigInt(ROWS)]])
})

test('what does not fit into memory by any means fails, is told, and was tried twice at most', async () => {
  const begun: string[] = []
  ground.model('list', 'select list(range) as numbers from range(40000000)').model('beside', 'select 1 as one')
  const outcome = await ground.run({ memoryMb: 64, onBegin: (name) => begun.push(name) })
  expect(outcome).toMatchObject({ status: 'failed', computed: 1, errors: [{ code: 'MODEL_FAILED', details: { model: 'list' } }] })
  expect(begun.filter((name) => name === 'list')).toHaveLength(2)
})
