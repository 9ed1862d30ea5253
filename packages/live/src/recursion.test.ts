import type { StreamDefinition, Value } from '@millrace/core'
import { expect, it } from 'vitest'
import { bindModels } from '@millrace/sql'
import { bound } from './testing/shop.ts'
import { relationChange, UnitRelation } from './testing/unit-relation.ts'

type Edge = readonly [from: number, to: number | null]

const EDGES: StreamDefinition = {
  name: 'edges',
  kind: 'table',
  partitions: 1,
  schema: { columns: ['a', 'b'].map((name) => ({ name, type: { kind: 'int64' }, nullable: true })), key: [] },
}

async function live(sql: string): Promise<(change: { come?: readonly Edge[]; go?: readonly Edge[] }) => readonly string[]> {
  const [model] = await bound({ model: sql }, [EDGES])
  const relation = new UnitRelation(model as NonNullable<typeof model>)
  return ({ come = [], go = [] }) => {
    const weighted = (edges: readonly Edge[], weight: number): { row: readonly Value[]; weight: number }[] =>
      edges.map((row) => ({ row: [...row], weight }))
    relation.step(new Map([[EDGES.name, relationChange(EDGES.schema, [...weighted(go, -1), ...weighted(come, 1)])]]))
    return relation.texts()
  }
}

const REACHED = `WITH RECURSIVE r AS (SELECT 1::BIGINT AS n UNION SELECT e.b FROM edges e JOIN r ON e.a = r.n) SELECT n FROM r`

it('law 3: of a circle that nothing leads to any more, nothing is left', async () => {
  const change = await live(REACHED)
  expect(change({ come: [[1, 2]] })).toEqual(['[1]', '[2]'])
  // Three rows that only follow from each other once the first edge is gone.
  const circle: readonly Edge[] = [
    [2, 3],
    [3, 4],
    [4, 2],
  ]
  expect(change({ come: circle })).toEqual(['[1]', '[2]', '[3]', '[4]'])
  expect(change({ go: [[1, 2]] })).toEqual(['[1]'])
  expect(change({ come: [[1, 4]] })).toEqual(['[1]', '[2]', '[3]', '[4]'])
})

it('UNION ALL tells each way, and a row that comes again as often as it comes', async () => {
  const change = await live(
    `WITH RECURSIVE r AS (SELECT 1::BIGINT AS n, 0 AS steps UNION ALL SELECT e.b, r.steps + 1 FROM edges e JOIN r ON e.a = r.n) SELECT n, count(*) AS ways FROM r GROUP BY n`,
  )
  const edges: readonly Edge[] = [
    [1, 2],
    [1, 3],
    [2, 4],
    [3, 4],
    [4, 5],
  ]
  expect(change({ come: edges })).toEqual(['[1,1]', '[2,1]', '[3,1]', '[4,2]', '[5,2]'])
  expect(change({ go: [[2, 4]] })).toEqual(['[1,1]', '[2,1]', '[3,1]', '[4,1]', '[5,1]'])
})

it('law 8: a recursion that does not end has no answer, and the error says so', async () => {
  const change = await live(
    `WITH RECURSIVE r AS (SELECT 1::BIGINT AS n UNION ALL SELECT e.b FROM edges e JOIN r ON e.a = r.n) SELECT n FROM r`,
  )
  expect(() => change({ come: [[1, 1]] })).toThrow(/WITH RECURSIVE goes on after 10000 rounds/)
})

it.for([
  ['USING KEY', `WITH RECURSIVE r(n) USING KEY (n) AS (SELECT 1::BIGINT UNION SELECT e.b FROM edges e JOIN r ON e.a = r.n) FROM r`],
  [
    'a correlated subquery with WITH RECURSIVE',
    `SELECT a, (WITH RECURSIVE r AS (SELECT a AS n UNION SELECT n + 1 FROM r WHERE n < b) SELECT max(n) FROM r) FROM edges`,
  ],
])('what of WITH RECURSIVE is not live is refused by name: %s', async ([construct, sql]) => {
  const { errors } = await bindModels({ models: [{ name: 'm', sql: sql as string }], streams: [EDGES] })
  expect(errors.map(({ code, message }) => `${code} ${message}`).join()).toContain(construct)
})

it('a scalar subquery has no answer while it yields several rows, and has one again once these went', async () => {
  const of = `SELECT x.a, (SELECT y.b FROM edges y WHERE y.a = x.b) AS next FROM edges x`
  const change = await live(of)
  expect(
    change({
      come: [
        [1, 2],
        [2, 7],
      ],
    }),
  ).toEqual(['[1,7]', '[2,null]'])
  expect(() => change({ come: [[2, 8]] })).toThrow(/a scalar subquery yields several rows/)
  const whole = await live(`SELECT a, (SELECT b FROM edges WHERE a = 5) AS b FROM edges`)
  expect(whole({ come: [[5, null]] })).toEqual(['[5,null]'])
  expect(() => whole({ come: [[5, null]] })).toThrow(/a scalar subquery yields several rows/)
})
