import { expect, test } from 'vitest'
import { modelOf } from '../testing/model-of.ts'
import { checkGraph } from './check-graph.ts'

const INTEGER = (name: string): { name: string; type: string } => ({ name, type: 'INTEGER' })
const RELATIONS = [
  { name: 'shop.t', columns: ['a', 'b', 'c'].map(INTEGER) },
  { name: 'u', columns: ['a', 'x'].map(INTEGER) },
]

async function lineage(sql: string): Promise<string[]> {
  const { models, errors } = await checkGraph({ models: [modelOf('m', sql)], relations: RELATIONS, cache: new Map() })
  expect(errors).toEqual([])
  const found = models.get('m')
  return (found?.columns ?? []).map(
    ({ name }, at) =>
      `${name}: ${(found?.lineage[at] ?? [])
        .map((origin) => origin.join('.'))
        .toSorted()
        .join(' ')}`,
  )
}

test.each([
  ['an expression', 'select b + c as s, 1 as one from shop.t where a > 1', ['s: shop.t.b shop.t.c', 'one: ']],
  ['a star of a join', 'select * from shop.t join u using (a)', ['a: shop.t.a', 'b: shop.t.b', 'c: shop.t.c', 'x: u.x']],
  ['an aggregate', 'select b, sum(c) filter (a > 1) as s from shop.t group by b', ['b: shop.t.b', 's: shop.t.a shop.t.c']],
  ['a window', 'select a, lag(b) over (partition by c order by a) as p from shop.t', ['a: shop.t.a', 'p: shop.t.a shop.t.b shop.t.c']],
  ['a union', 'select a, b from shop.t union all select x, 0 from u', ['a: shop.t.a u.x', 'b: shop.t.b']],
  [
    'a common table read twice',
    'with q as materialized (select a, b + c as s from shop.t) select l.s, r.a from q l join q r using (a)',
    ['s: shop.t.b shop.t.c', 'a: shop.t.a'],
  ],
  [
    'a recursion',
    'with recursive r as (select a, b from shop.t union all select r.a, u.x from r join u using (a) where u.x > r.b) select * from r',
    ['a: shop.t.a', 'b: shop.t.b u.x'],
  ],
  [
    'two correlated subqueries of some rows',
    'select a, (select x from u where u.a = t.a and u.x > t.b limit 1) as x, (select c from shop.t o where o.a = t.a limit 1) as c from shop.t t',
    ['a: shop.t.a', 'x: u.x', 'c: shop.t.c'],
  ],
  [
    'a list in FROM',
    'select c, e, d, n from (select a, b, c, [a, b] as l from shop.t) as t, unnest(list_append(l, c)) as q(e), unnest(l) with ordinality as p(d, n)',
    ['c: shop.t.c', 'e: shop.t.a shop.t.b shop.t.c', 'd: shop.t.a shop.t.b', 'n: shop.t.a shop.t.b'],
  ],
  ['a series in FROM', 'select c, n from shop.t, range(a, b) as r(n)', ['c: shop.t.c', 'n: shop.t.a shop.t.b']],
  ['a function in FROM of no columns', 'select c, n from shop.t, range(3) as r(n)', ['c: shop.t.c', 'n: ']],
  ['a correlated subquery', 'select a, (select max(x + b) from u where u.a = t.a) as m from shop.t t', ['a: shop.t.a', 'm: shop.t.b u.x']],
  ['EXISTS', 'select b from shop.t where exists (select 1 from u where u.a = t.a)', ['b: shop.t.b']],
  ['IN as a value', 'select b, a in (select x from u) as found from shop.t', ['b: shop.t.b', 'found: shop.t.a u.x']],
  ['a list taken apart', 'select a, unnest([b, c]) as v from shop.t', ['a: shop.t.a', 'v: shop.t.b shop.t.c']],
  [
    'a pivot',
    'from (pivot shop.t on b in (1, 2) using sum(c) group by a)',
    ['a: shop.t.a', '1: shop.t.b shop.t.c', '2: shop.t.b shop.t.c'],
  ],
  [
    'a lateral join',
    'select t.b, l.y from shop.t t, lateral (select t.c + u.x as y from u where u.a = t.a) l',
    ['b: shop.t.b', 'y: shop.t.c u.x'],
  ],
  ['values', 'select v.k, t.b from (values (1, 2), (3, 4)) v(k, j) join shop.t t on t.a = v.j', ['k: ', 'b: shop.t.b']],
])('each column tells what it is made of: %s', async (_what, sql, expected) => {
  expect(await lineage(sql)).toEqual(expected)
})
