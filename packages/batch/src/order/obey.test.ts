import { expect, test } from 'vitest'
import { obey, statesOrder } from './obey.ts'

function sqlOf(sql: string): string {
  const { sql: obeyed, problems } = obey(sql, 'duckdb')
  expect(problems).toEqual([])
  return obeyed.replaceAll(/\s+/g, ' ')
}

test.each([
  ['select /*+ order(b, a) */ a.x from a, b where a.i = b.i', 'select /*+ order(b, a) */ a.x from b CROSS JOIN a where (a.i = b.i )'],
  [
    'select /*+ order(b, a) */ a.x from s.a join s.b on a.i = b.i',
    'select /*+ order(b, a) */ a.x from s.b CROSS JOIN s.a WHERE (a.i = b.i )',
  ],
  [
    'select /*+ order(z, x, y) */ x.v from t as x inner join u y on x.i = y.i join (select 1 as i, 2 as v) z on y.i = z.i where x.v > 1 or y.v > 2 group by 1',
    'select /*+ order(z, x, y) */ x.v from (select 1 as i, 2 as v) z CROSS JOIN t as x CROSS JOIN u y where (x.i = y.i ) AND (y.i = z.i ) AND (x.v > 1 or y.v > 2 ) group by 1',
  ],
  [
    'select /*+ order((a, b), (c, d)) */ a.x from d, c, b, a',
    'select /*+ order((a, b), (c, d)) */ a.x from (a CROSS JOIN b) CROSS JOIN (c CROSS JOIN d)',
  ],
  [
    'select /*+ order(a, b, c) */ * from a, b left join c on b.i = c.i',
    'select /*+ order(a, b, c) */ * from a CROSS JOIN b left join c on b.i = c.i',
  ],
  ['select /*+ order(c) */ 1', null],
  ['with p as /*+ barrier */ (select 1) select * from p', 'with p as MATERIALIZED /*+ barrier */ (select 1) select * from p'],
  [
    "select /*+ order(b, a) */ 'from x, y' as t from a, b -- , c\n where a.i = '--' || b.i",
    "select /*+ order(b, a) */ 'from x, y' as t from b CROSS JOIN a -- , c where (a.i = '--' || b.i )",
  ],
  [
    'select q.v from (select /*+ order(b, a) */ a.v from a, b) q, c',
    'select q.v from (select /*+ order(b, a) */ a.v from b CROSS JOIN a) q, c',
  ],
])('%s', (sql, expected) => {
  if (expected === null) expect(obey(sql, 'duckdb').problems).toHaveLength(1)
  else expect(sqlOf(sql)).toBe(expected)
})

test('an order that is as it is written changes no text, whatever the joins', () => {
  const sql = 'select /*+ order(a, b, c) */ * from a left join b on a.i = b.i left join c using (i)'
  expect(obey(sql, 'postgres')).toMatchObject({ sql, orders: [{ order: ['a', 'b', 'c'] }], problems: [] })
})

test.each([
  ['select /*+ order(b, a) */ * from a, b', 'columns of *'],
  ['select /*+ order(b, a) */ a.x from a left join b on a.i = b.i', 'LEFT gives its relations their order'],
  ['select /*+ order(b, a) */ a.x from a join b using (i)', 'USING gives'],
  ['select /*+ order(b, a) */ a.x from a, unnest(a.xs) as b', 'may read the relations before it'],
  ['select /*+ order(b, c) */ a.x from a, b', 'c is none of its relations, which are a, b'],
  ['select /*+ order(a, a) */ a.x from a, b', 'names a relation twice'],
  ['select /*+ order(a b) */ a.x from a, b', 'with commas between them'],
  ['select /*+ order(a, b */ a.x from a, b', 'with commas between them'],
  ['select a.x /*+ order(a, b) */ from a, b', 'right behind the SELECT'],
  ['select * from /*+ barrier */ (select 1)', 'between AS and the parenthesis'],
  ['select /*+ order(b, a) */ 1 from t a, u a', 'two of its relations have one name'],
])('%s is refused: %s', (sql, problem) => {
  const { problems, settings, sql: unchanged } = obey(sql, 'duckdb')
  expect(problems.map((each) => each.problem)).toEqual([expect.stringContaining(problem)])
  expect({ settings, unchanged }).toEqual({ settings: [], unchanged: sql })
})

test('every kind of join separates relations', () => {
  for (const join of ['inner join', 'left outer join', 'right join', 'full join', 'semi join', 'anti join', 'asof join']) {
    expect(obey(`select /*+ order(a, b) */ a.x from a ${join} b on a.i = b.i`, 'duckdb')).toMatchObject({
      problems: [],
      orders: [{ order: ['a', 'b'] }],
    })
  }
})

test('a relation is told by its own name, a subquery by none', () => {
  const { orders } = obey('select /*+ order(o, "P", q) */ o.x from "shop"."Orders" o, pay as "P", (select 1 as x) q', 'duckdb')
  expect([...(orders[0]?.relations ?? [])]).toEqual([
    ['o', 'Orders'],
    ['P', 'pay'],
  ])
})

test('hints of other engines, and comments, state nothing', () => {
  for (const sql of ['select /*+ BROADCAST(a) */ 1 from a', 'select 1 /* order(a, b) */', "select '/*+ order(a, b) */'"]) {
    expect(statesOrder(sql)).toBe(false)
    expect(obey(sql, 'duckdb')).toMatchObject({ sql, settings: [], problems: [] })
  }
})
