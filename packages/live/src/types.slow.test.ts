/** Lists, structs, intervals and enums through a real store and runner, and what DuckDB evaluates. */
import { seededRandom } from '@millrace/base'
import type { StreamDefinition, Type, Value } from '@millrace/core'
import { afterAll, describe, expect, it } from 'vitest'
import type { LiveStep } from './testing/live-case.ts'
import { Judge } from './testing/judge-case.ts'
import type { RowChange } from './testing/shop-log.ts'

const TYPES: Readonly<Record<string, Type>> = {
  id: { kind: 'int64' },
  n: { kind: 'int64' },
  ts: { kind: 'timestamp' },
  s: { kind: 'text' },
  l: { kind: 'list', element: { kind: 'int32' } },
  e: { kind: 'enum', members: ['new', 'paid', 'done'] },
  iv: { kind: 'interval' },
  mp: { kind: 'map', key: { kind: 'text' }, value: { kind: 'map', key: { kind: 'date' }, value: { kind: 'decimal', width: 5, scale: 2 } } },
  st: {
    kind: 'struct',
    fields: [
      { name: 'a', type: { kind: 'decimal', width: 5, scale: 2 } },
      { name: 'when', type: { kind: 'list', element: { kind: 'timestamp' } } },
    ],
  },
}

const VALUES: Readonly<Record<string, readonly Value[]>> = {
  n: [null, 0, 1, 3, -2],
  ts: [null, 0, 1_704_067_200_500_000, 1_706_659_200_000_000, -1],
  s: [null, '', 'a,b', 'b,a,é', ',', "it's"],
  l: [null, '[]', '[1]', '[1,2,null]', '[3,3]'],
  e: [null, 'new', 'paid', 'done'],
  iv: [null, '00:00:00', '1 day', '24:00:00', '1 month', '-00:00:01.5'],
  mp: [
    null,
    '[]',
    '[{"key":"a","value":null}]',
    '[{"key":"b","value":[{"key":"2024-01-01","value":"1.50"}]},{"key":"a","value":[]}]',
    '[{"key":"a","value":[]},{"key":"b","value":[{"key":"2024-01-01","value":"1.50"}]}]',
  ],
  st: [null, '{"a":"1.50","when":["2024-01-01 00:00:00"]}', '{"a":null,"when":null}', '{"a":"-1.00","when":[]}'],
}

const TABLE: StreamDefinition = {
  name: 't',
  kind: 'table',
  partitions: 1,
  schema: { columns: Object.entries(TYPES).map(([name, type]) => ({ name, type, nullable: name !== 'id' })), key: [0] },
}

function steps(seed: number): readonly LiveStep[] {
  const random = seededRandom(seed)
  const known = new Set<number>()
  const row = (id: number): Value[] => [
    id,
    ...Object.keys(TYPES)
      .slice(1)
      .map((name) => VALUES[name]?.[random.below(VALUES[name].length)] ?? null),
  ]
  const change = (): RowChange => {
    const id = random.below(12)
    if (known.has(id) && random.below(3) === 0) {
      known.delete(id)
      return { stream: 't', operation: 'delete', row: row(id) }
    }
    const operation = known.has(id) ? 'update' : 'insert'
    known.add(id)
    return { stream: 't', operation, row: row(id) }
  }
  const transaction = (): RowChange[] => Array.from({ length: 1 + random.below(5) }, change)
  const fates = ['goes on', 'goes on', 'restarts', 'is killed after a commit', 'goes on'] as const
  return fates.map((runner) => ({ transactions: [transaction(), transaction()], runner }))
}

describe('law 3: a live model equals DuckDB over the same rows', () => {
  const judge = new Judge()
  afterAll(() => judge.close())

  it.each([
    'select id, unnest(l) as item, s from t',
    "select id, unnest(l) as item, unnest(string_split(s, ',')) as word from t",
    'select list(n) as ns, string_agg(s) as texts, count(*) as rows from (select n, s from t order by id desc)',
    'select e, list(m) as ms, first(s) as first, last(m) as last from (select e, s, n + 1 as m from (select * from t order by n desc nulls last, id)) group by e',
    'select any_value(n) as a, sum(n) as b, list(n order by id) as c from (select * from t order by id % 5, id desc)',
    'select item, count(*) as n from (select unnest(l) as item from t) group by item',
    'select id, w from t, unnest(generate_series(1, n)) as u(w)',
    'select id, w from t, unnest(range(n)) as u(w)',
    'select id, w from t, generate_series(1, t.n) as g(w)',
    'select id, w from t, range(n, -5, -2) as g(w)',
    'select id, unnest(generate_series(-3, n, 2)) as w from t',
    'select id, unnest(range(5, n, -1)) as w, unnest(range(n, n)) as v from t',
    'select w, count(*) as n, max(id) as last from (select id, unnest(generate_series(time_bucket(interval 10 second, ts) - interval 20 second, ts, interval 10 second)) as w from t) group by w',
    'select id, unnest(generate_series(ts, ts + interval 3 month, interval 1 month)) as w from t',
    "select id, unnest(range(ts, ts - interval 2 day, interval '-12 hours')) as w from t",
    'select id, unnest(range(ts, ts + iv, iv)) as w from t where iv > interval 0 second',
    "select id, word, length(word) as size from t cross join lateral (select unnest(string_split(s, ',')) as word) where word <> ''",
    'select id, w from t cross join lateral (select unnest(l) as w)',
    'select id, w from t left join lateral (select unnest(generate_series(1, t.n)) as w) on true',
    'select id, w from t left join unnest(l) as u(w) on true',
    "select id, coalesce(w, 'none') as w, m from t left join lateral (select unnest(string_split(s, ',')) || 'x' as w, t.n + 1 as m) on true",
    'select id, w, st.a as a from t left join lateral (select unnest(st."when") as w) on true where n is null or n > 0',
    'select count(*) as n, count(w) as items from t left join unnest(l) as u(w) on true',
    'select id, w, i from t, unnest(l) with ordinality as u(w, i)',
    'select id, i from t, unnest(l) with ordinality as u(w, i) where w is null',
    'select id, w, i from t left join unnest(l) with ordinality as u(w, i) on true',
    'select id, w, i from t, generate_series(-1, n) with ordinality as u(w, i)',
    'select id, w, i from t, unnest([3, 1]) with ordinality as u(w, i) where id > i',
    'select id, i from t, range(7, 4, -1) with ordinality as u(w, i) where id = w',
    'select * from range(3) as r(x), t where x = n',
    "select * from generate_series(timestamp '2024-01-01', timestamp '2024-01-02', interval 6 hour) as g(x)",
    'select l, st, e, iv, id from t',
    'select l, count(*) as n from t group by l',
    'select mp, id from t',
    'select mp, st.a, count(*) as n, list(mp order by id) as maps from t group by mp, st.a',
    "select id, mp['b'] as b, map_keys(mp) as keys, cardinality(mp) as size, map {s: n} as made, {m: mp} as within from t where s is not null",
    "select a.id, b.id as other from t a join t b on a.mp = b.mp where a.mp <> map {'x': map {}::map(date, decimal(5, 2))}",
    'select s, histogram(n) as h, any_value(mp order by id) as mp, lag(any_value(mp order by id)) over (order by s) as before from t group by s',
    'select st, e, count(*) as n from t group by all',
    'select distinct e, l from t',
    'select a.id, b.id as other from t a join t b on a.l = b.l and a.e = b.e',
    'select e, max(enum_code(e)) as code, count(distinct l) as lists from t group by e',
    'select st.a as a, st."when"[1] as first, list_transform(l, lambda x: x * n) as times from t',
    "select id, regexp_replace(s, '[a-b]', '<\\0>', 'g') as marked, to_json(st) as json from t where e <> 'done' and s similar to '.*a.*'",
    'select id, ts + iv as later, iv * 2 as twice, ts - to_days(n::int) as before from t',
    'select id, unnest(st."when") as moment from t',
    "select id, unnest([{'k': n, 'v': s}, {'k': 0, 'v': e::varchar}]) as pair from t",
    'select id, unnest(st) from t',
    // The windows of docs/sql.md: tumbling, hopping, session.
    'select time_bucket(interval 10 second, ts) as window_start, n, count(*) as rows from t group by all',
    `select window_start, n, count(*) as rows from (select n, unnest(generate_series(time_bucket(interval 2 second, ts) - interval 8 second,
      time_bucket(interval 2 second, ts), interval 2 second)) as window_start from t) group by all`,
    `select n, min(ts) as session_start, max(ts) as session_end, count(*) as rows
      from (select *, count(*) filter (starts) over (partition by n order by ts) as session
        from (select n, ts, ts - lag(ts) over (partition by n order by ts) > interval 10 second as starts from t)) group by n, session`,
    "select strftime(ts, '%Y-%m-%d') as day, split_part(s, ',', 2) as second, regexp_extract(s, '([a-z]),', 1) as letter, id from t",
  ])('%s', async (sql) => {
    for (const seed of [1, 2]) {
      const verdict = await judge.judge({ tables: [TABLE], queries: [{ name: 'm', sql }], steps: steps(seed) })
      expect(verdict).toMatchObject({ queries: 1, refused: [], unanswered: [], difference: null })
    }
  })
})
