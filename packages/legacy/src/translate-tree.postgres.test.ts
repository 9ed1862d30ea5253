import { expect, test } from 'vitest'
import { bothSides } from './testing/both-sides.ts'

const GROUND = `
alter database postgres set timezone to 'Europe/Berlin';
set timezone to 'Europe/Berlin';
create table t (id integer, i integer, j integer, s2 smallint, big bigint, n numeric(12,4), m numeric, p numeric(10,2), f double precision, s text, c char(6),
  d date, ts timestamp, tz timestamptz, a integer[], x text[], k jsonb, b boolean);
insert into t values
  (1, -7, 2, 3, 9000000000, 2.3450, 1.5, -2.345, 2.5, 'Ab-c_d', 'EUR', '2024-01-31', '2024-03-31 01:30:05.25', '2024-03-31 00:30+00', '{3,1,2}', '{b,a}', '{"a": 1, "o": {"t": "z"}, "l": [1, 2]}', true),
  (2, 7, -2, -3, -5, -2.3450, 0.125, 2.345, -2.5, '', 'A', '2024-02-29', '2023-12-31 23:59:59', '2024-10-27 01:30+00', '{}', '{}', '{"a": null}', false),
  (3, 0, 5, 0, 0, 0, 1000000, 1000, 3.5, 'äöü ß', '', '2023-12-31', '2024-07-01', '2024-01-01 00:00+01', null, null, '{}', null),
  (4, null, null, null, null, null, null, null, null, null, null, null, null, null, '{5,null}', '{c,null}', null, null);
create table tier (tier integer, bound numeric(8,2));
insert into tier values (1, 0), (2, 10), (3, 100.5);
create function half(v integer) returns integer language sql as $$ select v / 2 $$;
create function twice(v integer) returns integer language sql as $$ select half(v) * 2 $$;
create function scaled(v integer, factor integer default 3, plus integer default 10 * 2) returns integer language sql as $$ select v * factor + plus $$;
create function tiers_from(low numeric default 10) returns table (tier integer) language sql stable as $$ select t.tier from tier t where t.bound >= low $$;
create function missing_is_missing(v integer, w integer) returns integer language sql strict as $$ select coalesce(v, 0) + coalesce(w, 0) $$;
create function tiers_up_to(v numeric) returns table (tier integer, bound numeric) language sql stable as $$ select t.tier, t.bound from tier t where t.bound <= v $$;
`

/** Each is an expression over \`t\`, whose answer differs between the two where it is taken over as it is written. */
const EXPRESSIONS = [
  'scaled(i)',
  'scaled(i, 2)',
  'scaled(plus => 1, v => i)',
  'scaled(factor => j, v => i)',
  '(select count(*) from tiers_from())',
  '(select count(*) from tiers_from(low => p))',
  "date_trunc('day', tz, 'America/New_York')",
  "date_trunc('month', tz, 'UTC')",
  "string_to_array(s, '')",
  'string_to_array(s, null)',
  'string_to_array(s, x[1])',
  'd - 1000000',
  "ts - interval '3000 years'",
  "tz - interval '3000 years'",
  'i / 2',
  'i % 2',
  'i / nullif(j, 0)',
  's2 * 2',
  's2 + s2',
  'big + 1',
  'n / 3',
  'n / p',
  'round(n / 3, 2)',
  'round(n / 4, 2)',
  'round(p / 4, 0)',
  'round(n, 2)',
  'round(p, 0)',
  'round(n, 6)',
  'round(p, -1)',
  '(n / 7)::numeric(10,3)',
  'p::integer',
  'f::integer',
  'round(f)',
  'f::numeric',
  '(f * 1.1)::numeric(10,2)',
  'trunc(n, 2)',
  'ceil(n) + floor(n)',
  'case when i > 0 then p when i < 0 then n / 3 else round(n, 2) end',
  'coalesce(round(n * n * n * n, 9), p)',
  'greatest(n, p, 1)',
  'array[p, n]',
  'mod(n, 2)',
  'abs(n) * sign(p)',
  'i::numeric / 4',
  "s || '-' || i",
  's || p::text',
  'c || s',
  "c = 'EUR'",
  'length(c)',
  'concat(s, i, b, d)',
  "concat_ws('-', s, i, d)",
  'left(s, -1) || right(s, 2)',
  'substring(s from 2 for 2)',
  "split_part(s, '-', 2)",
  "s like 'A%' or s ilike '%_D'",
  "s ~ '^[A-Z]'",
  "regexp_replace(s, '[a-z]', '.', 'g')",
  'initcap(s)',
  'upper(s) || lower(s)',
  "lpad(i::text, 5, '0')",
  "format('%s/%s', s, i)",
  "translate(s, 'Ab', 'x')",
  "position('c' in s)",
  'd + 3',
  "d + interval '1 month'",
  "d - date '2024-01-01'",
  "ts - interval '1 day 3 hours'",
  "ts - timestamp '2024-01-01 12:00'",
  "age(ts, timestamp '2023-02-28')",
  "date_trunc('month', d)",
  "date_trunc('month', d)::date",
  "date_trunc('day', tz)",
  "date_trunc('quarter', ts)",
  'd::timestamptz',
  'ts::timestamptz',
  'tz::date',
  'tz::timestamp',
  "tz + interval '1 day'",
  "ts at time zone 'America/New_York'",
  'extract(year from d)',
  'extract(epoch from ts)',
  'extract(second from ts)',
  'extract(dow from d) + extract(week from d) + extract(doy from d)',
  "date_part('hour', tz)",
  "to_char(d, 'YYYY-MM-DD')",
  "to_char(tz, 'DD.MM.YYYY HH24:MI:SS')",
  'to_char(d, \'YYYY"Q"Q\')',
  "to_char(p, 'FM9990.00')",
  'ts::date = d',
  'd::timestamp',
  "i * interval '1 day'",
  'a[1]',
  'a[i]',
  '3 = any (a)',
  'i <> all (array[7, 8])',
  'array(select z.tier from tier z where z.tier <> t.j order by z.bound desc)',
  'array_length(a, 1)',
  'cardinality(x)',
  "array_to_string(x, ',')",
  'a || 9',
  "x @> array['a']",
  "x && array['a', 'z']",
  "k ->> 'a'",
  "(k ->> 'a')::integer + 1",
  "k -> 'o' ->> 't'",
  "k ? 'a'",
  'b is not true',
  'b is distinct from false',
  'half(i)',
  'twice(i)',
  'missing_is_missing(i, j)',
  '(select max(z.tier) from tier z where z.bound <= t.n)',
  '(select count(*) from tiers_up_to(t.p) q)',
  'exists (select from tier z where z.tier = t.j)',
  'i in (select z.tier + 5 from tier z)',
  "'2 mons 3 days'::interval",
  '-1.50',
  'null::numeric',
  "'{1,2}'::integer[]",
  'row_number() over (order by n desc)',
  'lag(p, 1, n) over (order by id)',
  'avg(i) over (order by id rows between 1 preceding and current row)',
  'sum(n) over (order by id) / 3',
  'ntile(2) over (order by id)',
]

const QUERIES = [
  'select count(*), sum(i), sum(big) as big, sum(n) as exact, avg(i), avg(n) as mean, min(s), max(d), bool_and(b), count(distinct j) as js from t',
  'select sum(i) from t where false',
  "select b, string_agg(s, ',' order by id desc) as texts, array_agg(i order by id) as list from t group by b",
  'select i % 2 as odd, b, grouping(i % 2) as level, count(*) from t group by rollup (i % 2, b)',
  'select distinct on (b) b, id from t order by b, id desc',
  'select p from t union all select n from t union all select 7',
  'select d as x from t union all select tz from t',
  'select ts as x from t union all select tz from t union all select d from t',
  "select c as x from t union select s || '  ' from t",
  'select big as x from t union all select n from t union all select i from t',
  'select i as x from t union select f from t',
  'select x / 2 as half from (select i as x from t union all select n from t) as q',
  "select id from t where c like 'E%'",
  'select i from t except select 7',
  'select t.id, z.tier from t left join tier z on z.bound < t.n full join tier y on y.tier = t.i',
  'select id, g from t, generate_series(1, 3) g where g <= coalesce(i, 2)',
  "select g::date as day from generate_series(date '2024-03-30', date '2024-04-01', interval '1 day') g",
  'select t.id, u.* from t, unnest(t.a) with ordinality u(element, place)',
  'select t.id, z.tier, z.bound from t cross join lateral (select * from tiers_up_to(t.p) order by tier desc limit 1) z',
  "with recursive r(n, path) as (select 1, 'a' union all select n + 1, path || n from r where n < 4) select * from r",
  'with w as materialized (select id, n from t) select a.id, b.n from w a join w b using (id)',
  "select v.name, v.factor from (values ('a', 1), ('b', 1.25)) v(name, factor)",
  'select id, percent_rank() over w, first_value(s) over w, sum(p) over (w rows between unbounded preceding and 1 following) from t window w as (order by id)',
  'select percentile_cont(0.3) within group (order by f) as cont, percentile_disc(0.5) within group (order by n) as disc from t',
  'select id from t order by n desc nulls last, id limit 2 offset 1',
]

test('a translated view gives the rows that Postgres gives, type by type', async () => {
  const statements = [...EXPRESSIONS.map((expression) => `select t.id, ${expression} as value from t`), ...QUERIES]
  const sides = await bothSides(GROUND, statements)
  const wrong = sides.flatMap(({ model, legacy, duckdb }, at) => {
    if (model.refusal !== null) return [`${statements[at]}: ${model.refusal.construct}: ${model.refusal.reason}`]
    const same = typeof duckdb !== 'string' && near(legacy, duckdb)
    return same
      ? []
      : [
          `${statements[at]}\n  postgres ${legacy.join('  ')}\n  duckdb   ${typeof duckdb === 'string' ? duckdb : duckdb.join('  ')}\n  ${model.sql}`,
        ]
  })
  expect(wrong).toEqual([])
}, 120_000)

test('lists, intervals and exact numbers without a width are read from the texts as which a stream carries them', async () => {
  const ground = `create table t (id integer, a integer[], x text[], m numeric, w interval);
    insert into t values (1, '{1,null,3}', '{a,"b c","d\\"e","NULL"}', 1.250, '1 mon -2 days 03:04:05.5'), (2, '{}', '{}', -7, '0'), (3, null, null, null, null)`
  const statements = ['a', 'a[3]', 'array_length(x, 1)', 'x[2]', 'm * 2', 'm / 3', 'w', "timestamp '2024-01-31' + w"].map(
    (each) => `select id, ${each} as value from t`,
  )
  const sides = await bothSides(ground, statements, true)
  for (const [at, { model, legacy, duckdb }] of sides.entries()) {
    expect(model.refusal, statements[at]).toBeNull()
    expect(typeof duckdb !== 'string' && near(legacy, duckdb), `${statements[at]}: ${legacy.join(' ')} and ${String(duckdb)}`).toBe(true)
  }
}, 60_000)

/** Equal, but that a quotient which nothing rounds has more digits here. */
function near(legacy: readonly string[], duckdb: readonly string[]): boolean {
  return (
    legacy.length === duckdb.length &&
    legacy.every((row, at) => row.split('|').every((cell, place) => nearCell(cell, duckdb[at]?.split('|')[place] ?? '')))
  )
}

function nearCell(legacy: string, duckdb: string): boolean {
  if (legacy === duckdb) return true
  const isQuotient = /^-?\d+\.\d{20,}$/.test(legacy)
  return isQuotient && Math.abs(Number(legacy) - Number(duckdb)) <= 1e-15 * Math.abs(Number(legacy))
}
