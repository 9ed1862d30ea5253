import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { lineageOf, type PlanNode, relationsOfPlan } from './lineage.ts'
import { columnsOfPlan } from './plan-columns.ts'
import { PlanReader } from './plan-reader.ts'

const RUNS = 400
const REFUSAL = ['error_type', 'error_message', 'error_subtype', 'position', 'type'] as const

type Answer = { readonly [field in (typeof REFUSAL)[number]]?: string } & { readonly plans?: readonly PlanNode[] }

let connection: DuckDBConnection
const reader = new PlanReader()

beforeAll(async () => {
  connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect()
  await connection.run('CREATE TABLE source (id BIGINT, grp VARCHAR, "Day" DATE, price DECIMAL(10,2), "é ""q\\" JSON)')
  await connection.run(
    "CREATE SCHEMA s; CREATE TABLE s.t (id INTEGER, a INTEGER[], b STRUCT(x INTEGER, \"y z\" VARCHAR), e ENUM ('a', 'b'))",
  )
})

afterAll(() => connection.closeSync())

async function planOf(sql: string): Promise<string> {
  const literal = sql.replaceAll("'", "''")
  return String((await connection.runAndReadAll(`SELECT json_serialize_plan('${literal}', optimize := false)`)).getRows()[0]?.[0])
}

/** What is left out of a meaning, one after the other. */
function meaningOf(plan: string): string {
  const numbers = new Map<string, number>()
  return plan
    .replaceAll(/"query_location":\d+,?/g, '')
    .replaceAll(/("type":"(?!\w*_TYPE_INFO")\w+",)"alias":"(?:[^"\\]|\\.)*",/g, '$1')
    .replaceAll(/"ctename":"(?:[^"\\]|\\.)*",?/g, '')
    .replaceAll(
      /"(table_index|group_index|aggregate_index|groupings_index|window_index|unnest_index|mark_index|cte_index)":(\d+)/g,
      (_whole, field: string, number: string) => {
        const known = numbers.get(number) ?? numbers.size
        numbers.set(number, known)
        return `"${field}":${known}`
      },
    )
}

function callsOf(node: unknown, found = new Set<string>()): Set<string> {
  if (typeof node !== 'object' || node === null) return found
  const { expression_class: kind, name, children } = node as { expression_class?: string; name?: string; children?: unknown[] }
  if (kind !== undefined && name !== undefined && children !== undefined) found.add(`${name}/${children.length}`)
  for (const each of Object.values(node)) callsOf(each, found)
  return found
}

interface Told {
  readonly isBound: boolean
  readonly all: readonly unknown[]
}

function toldBy(answer: Answer, calls: ReadonlySet<string>, meaning: string): Told {
  const plan = answer.plans?.[0]
  const refusal = plan === undefined ? REFUSAL.map((field) => answer[field]) : null
  const ofPlan = plan === undefined ? [] : [lineageOf(plan), columnsOfPlan(plan), relationsOfPlan(plan)]
  return { isBound: plan !== undefined, all: [refusal, answer.plans?.length, meaning, [...calls].toSorted(), ...ofPlan] }
}

/** What the reader finds in the plan of a SELECT, and what stands there. */
async function bothOf(sql: string): Promise<[read: Told, whole: Told]> {
  const text = await planOf(sql)
  const { answer, calls, meaning } = reader.read<Answer>(Buffer.from(text))
  const whole = JSON.parse(text) as Answer
  return [toldBy(answer, calls, Buffer.from(meaning).toString()), toldBy(whole, callsOf(whole), meaningOf(text))]
}

test.each([
  'select id as "a\\" from source',
  'select \'"query_location":5,"alias":"x",\' as "alias", \'\\\' as t, \'é\n\' as u, "é ""q\\" from source',
  'select distinct on (grp) grp, id, now() as n from source order by grp, price desc limit 3',
  'with recursive r as (select id, 1 as n from source union all select r.id, n + 1 from r where n < 3) select * from r',
  'with w as materialized (select id, grp from source) select l.id, r.grp from w l join w r using (id)',
  'select grp, id % 3 as k, sum(price) filter (id > 1) as s, grouping(grp) as g from source group by rollup (grp, id % 3)',
  'select id, lag(price, 2) over (partition by grp order by "Day" rows between 3 preceding and current row) as l from source',
  'select id, (select max(t.id) from s.t where t.id = source.id) as m, id in (select id from s.t) as i from source',
  'select unnest(a) as v, b.x, list_transform(a, lambda x: x + id) as l, e, age(current_date) as d from s.t',
  'select * from source a left join s.t b on a.id = b.id and a.price > b.id asof join source c on c.id = a.id and c."Day" >= a."Day"',
  "from (pivot source on grp in ('a', 'b') using sum(price) group by id)",
  "select {'alias': 1, 'query_location': [2]} as st, null as n, 1.5::double as d, 170141183460469231731687303715884105727 as h",
  'select id, (select max(a.id) from s.t a where a.id = source.id and a.id > 1 limit 1) as x from source',
  'select id, e, n from (select id, grp, [id, 2] as l from source) as q, unnest(list_append(l, id)) with ordinality as p(e, n)',
  'select id from source union select id from s.t except values (1), (2)',
  'select nothing from source',
  'select from from',
  'select 1 as a; select 2 as b',
  'select "nobody\'s ""é\\" from source',
])('what is read of a plan is what the whole plan says: %s', async (sql) => {
  const [read, whole] = await bothOf(sql)
  expect(read).toEqual(whole)
})

const expressions = [
  'id',
  'grp',
  '"Day"',
  'price * 2',
  'upper(grp)',
  'cast(id as decimal(18,4))',
  "coalesce(grp, 'x\"y\\')",
  'case when id > 1 then price end',
  "'é'",
  'id::integer',
  'now()',
  '[id, 2]',
  "{'k': grp}",
  'id is null',
]
const calls = ['count(*)', 'sum(price)', "string_agg(grp, ',' order by id)", 'row_number() over (order by id)', 'count(distinct grp)']
const names = ['', ' as k', ' as "K k"', ' as "a""b"', ' as é', ' as alias', ' as c#']
const item = fc.tuple(fc.constantFrom(...expressions, ...calls), fc.constantFrom(...names)).map((parts) => parts.join(''))
const query = fc
  .record({
    items: fc.array(item, { minLength: 1, maxLength: 6 }),
    from: fc.constantFrom('source s', '(select distinct * from source) s', 'source s join s.t on s.id = t.id', 'source s natural join s.t'),
    where: fc.constantFrom(
      '',
      ' where s.id > 3',
      " where grp like 'a%' or price between 1 and 2",
      ' where exists (from s.t where t.id = s.id)',
    ),
    group: fc.constantFrom('', ' group by all', ' group by 1', ' group by 1, 2'),
    around: fc.constantFrom('', 'w', 'union'),
  })
  .map(({ items, from, where, group, around }) => {
    const list = items.map((text, at) => text.replace('#', String(at)).replace(/^id\b/, 's.id')).join(', ')
    const sql = `select ${list} from ${from}${where}${group}`
    if (around === 'union') return `(${sql}) union all (${sql})`
    return around === '' ? sql : `with w as materialized (${sql}) select w.*, 1 as one from w, w as v`
  })

test('whatever is selected, what is read of its plan is what the whole plan says', async () => {
  let bound = 0
  await fc.assert(
    fc.asyncProperty(query, async (sql) => {
      const [read, whole] = await bothOf(sql)
      expect(read).toEqual(whole)
      if (read.isBound) bound += 1
    }),
    { numRuns: RUNS },
  )
  expect(bound).toBeGreaterThan(RUNS / 4)
})
