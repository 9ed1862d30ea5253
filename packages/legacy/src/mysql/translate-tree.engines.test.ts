import { type Mariadb, startMariadb } from '@millrace/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BothSides, bothSides } from './testing/both-sides.ts'

const GROUND = `
create database shop character set utf8mb4 collate utf8mb4_general_ci;
use shop;
create table t (id int primary key, i int, j int, small smallint, big bigint, u int unsigned, n decimal(12,4), p decimal(10,2), five decimal(10,5), f double,
  s varchar(20), code varchar(10), mixed varchar(10), bin varchar(10) collate utf8mb4_bin, umlaut varchar(20), d date, ts datetime, b tinyint(1), e enum('small', 'large'), zero date);
set session sql_mode = '';
insert into t values
  (1, -7, 2, 3, 9000000000, 5, 2.3450, 1.55, 2.00000, 2.5, 'Ab-c_d', 'red', 'X', 'a', 'äöü', '2024-01-31', '2024-01-31 10:20:30', 1, 'small', '2024-01-01'),
  (2, 7, -2, -3, -5, 6, -2.3450, -2.35, -1.00000, -2.5, 'ab-C_D', 'green', 'x', 'A', 'a', '2024-02-29', '2023-12-31 23:59:59', 0, 'large', '0000-00-00'),
  (3, 0, 5, 0, 0, 7, 0, 10.00, 7.12345, 3.5, 'zz top', 'red', 'y ', 'a ', 'ß', '2023-12-31', '2024-07-01 00:00:00', null, null, null),
  (4, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null),
  (5, 3, 0, 1, 2, 8, 0.0005, 0.01, 0.00001, 0.5, '_x', 'blue', 'Y', 'b', 'z', '2020-02-29', '2024-01-31 10:20:29', 1, 'large', '2024-05-05');
create table tier (tier int primary key, bound decimal(8,2) not null);
insert into tier values (1, 0), (2, 10), (3, 100.5);
`

/** Each is over `t`, and most give something else in DuckDB where they are taken over as they are written. */
const EXPRESSIONS = [
  'coalesce(p / 3, 0) * 1000000',
  'if(id > 1, p / 3, 0) * 1000000',
  'case when id > 1 then p / 7 end * 1000000',
  'greatest(p / 7, 0) * 1000000',
  '-(p / 7) * 1000000',
  'p / 7 / 7 * 1000000',
  'nullif(i, 7) / 7',
  'lag(p / 7) over (order by id)',
  'avg(p) over () * 1000000',
  'round(p / 7, 20)',
  'p / 7 + 1 - 1',
  'i / 2',
  'i div 2',
  'i mod 2',
  'i % j',
  'i / j',
  'n / p',
  'n / 3',
  'p / 3',
  'five / 3',
  'five / 7',
  'n / five',
  '1 / 3 * 1000000',
  'p / 3 * 1000000',
  'p / 7 + n',
  'round(p / 3, 2)',
  'round(five / 3, 9)',
  'round(n / 3, 6)',
  'round(2 / 3, 8)',
  'truncate(p / 7, 3)',
  'truncate(n, 1)',
  'floor(n)',
  'ceiling(p)',
  'round(n)',
  'round(p, 1)',
  'round(n, 6)',
  'i + 1',
  'i * j',
  'small * small',
  'i + big',
  'u + 1',
  'u * 2',
  '-i',
  '-u',
  'abs(i)',
  'abs(n)',
  'sign(p)',
  'i + b',
  'i + true',
  'p * 1.5',
  'p * n',
  'n * n * five',
  'p + i',
  'p - n + five',
  'i * p',
  'f * 2',
  'f + p',
  'f / 3',
  'f / 0',
  'round(f)',
  'round(f, 1)',
  'p / 0',
  'i / 0',
  'pow(i, 2)',
  'sqrt(n)',
  'greatest(i, j, 1)',
  'least(n, p)',
  'greatest(i, p)',
  'floor(f)',
  'i > 0',
  'i <=> null',
  'p = n',
  'i = p',
  'f > p',
  'not b',
  'b and i > 0',
  'i xor b',
  'i between 0 and 5',
  'i not between j and 5',
  'i in (7, -7, null)',
  'i not in (7, 3)',
  'b is true',
  'b is not false',
  'i is null',
  'isnull(i)',
  'if(i > 0, p, n)',
  'if(b, i, 0)',
  'ifnull(p, 0)',
  'coalesce(n, p, 1)',
  'nullif(i, 7)',
  'case when i > 0 then p when i < 0 then 1 end',
  'case i when 7 then 1.25 when -7 then 2 else 0 end',
  'case code when "RED" then "warm" else "cold" end',
  "code = 'RED'",
  "code <> 'red '",
  "code in ('RED', 'Blue')",
  "s = 'AB-C_D'",
  "mixed = 'Y'",
  "bin = 'a'",
  "bin = 'A '",
  "code < 'h'",
  "s > 'ab'",
  "s like 'AB%'",
  "s like '%\\_d'",
  "bin like 'A%'",
  "s not like '%b%'",
  'code = mixed',
  "e = 'SMALL'",
  "concat(code, '-', i)",
  'concat(s, p, d)',
  "concat('a', null)",
  "concat_ws('/', code, i, d)",
  'concat(i * p)',
  'upper(s)',
  'lower(s)',
  "trim(concat(' ', code, ' '))",
  'ltrim(s)',
  'length(s)',
  'char_length(umlaut)',
  'substr(s, 2, 3)',
  'left(code, 2)',
  'right(code, 2)',
  "lpad(code, 6, '*')",
  "rpad(i, 4, '0')",
  "replace(s, 'b', 'BB')",
  "locate('C', s)",
  "instr(code, 'E')",
  'cast(p as signed)',
  'cast(n as decimal(10,2))',
  'cast(p / 3 as decimal(10,3))',
  'cast(i as char)',
  'cast(code as char(2))',
  'cast(d as datetime)',
  'cast(ts as date)',
  'cast(p as double)',
  'cast(i as decimal(12,2)) / 3',
  'd + interval 1 month',
  'd - interval 1 month',
  'd + interval i day',
  'd + interval 1 year',
  'd + interval 2 hour',
  'ts + interval 90 minute',
  'ts - interval 1 quarter',
  'date_add(d, interval 3 week)',
  'datediff(d, ts)',
  'datediff(ts, d)',
  'to_days(d)',
  'timestampdiff(month, d, ts)',
  'timestampdiff(month, ts, d)',
  'timestampdiff(day, d, ts)',
  'timestampdiff(year, d, ts)',
  'timestampdiff(hour, ts, d)',
  'timestampdiff(quarter, d, ts)',
  'timestampdiff(week, d, ts)',
  'year(d)',
  'quarter(d)',
  'month(ts)',
  'dayofmonth(d)',
  'dayofweek(d)',
  'weekday(d)',
  'dayofyear(d)',
  'hour(ts)',
  'minute(ts)',
  'second(ts)',
  'hour(d)',
  'last_day(d)',
  'date(ts)',
  'extract(month from d)',
  "date_format(d, '%Y-%m')",
  "date_format(ts, '%d.%m.%y %H:%i:%s')",
  "date_format(d, '%e/%c %j')",
  "d >= '2024-01-01'",
  "ts > '2024-01-31'",
  "ts = '2024-01-31 10:20:30'",
  'd = ts',
  "d between '2024-01-01' and '2024-02-28'",
  "d in ('2024-01-31', '2024-02-29')",
  '(select max(bound) from tier where bound <= n)',
  'exists (select 1 from tier where tier = j)',
  'i in (select tier from tier)',
  'i not in (select tier from tier)',
  '(select count(*) from tier where bound > p)',
  'row_number() over (order by id desc)',
  'rank() over (order by code)',
  'sum(p) over (partition by code order by id)',
  'sum(p) over (order by id rows between 1 preceding and current row)',
  'avg(p) over (partition by code)',
  'lag(i) over (order by id)',
  'dense_rank() over (order by i)',
  'count(*) over (partition by b)',
  'first_value(p) over (partition by code order by id desc)',
  "date '2024-02-29'",
  'null',
  '1.50',
  "'it''s'",
] as const

/** What leaves the range of its type. */
const ERRORS = ['u - i', 'big * 9000000000', 'u * -1'] as const

const QUERIES = [
  'select code, count(*) c, sum(p) s, avg(p) a, avg(i) ai, sum(i) si, min(code) lo, max(d) hi, sum(b) sb, sum(i > 0) pos, count(distinct code) dc, avg(five) af, sum(f) sf, avg(f) vf from t group by code',
  'select upper(trim(mixed)) m, count(*) c from t group by upper(trim(mixed))',
  'select code, sum(p) / 3 as third, round(sum(p) / nullif(count(*), 0), 3) as mean, sum(p) / sum(n) as share from t group by code having count(*) > 0 and third is not null',
  "select code, group_concat(i order by id desc separator ';') g, group_concat(distinct upper(code) order by upper(code)) u from t group by code",
  'select count(*) c, sum(p) s, max(i) m from t where id > 100',
  'select i, p from t order by p desc, id limit 2',
  'select i, p from t order by i limit 2 offset 1',
  'select distinct code, b from t',
  'select i, p from t union all select tier, bound from tier',
  'select i, n from t union select tier, bound from tier',
  'select a.id, b.id other from t a join t b on a.code = b.code and a.id < b.id',
  'select a.id, b.bound from t a left join tier b on b.tier = a.j where b.tier is null or b.bound > 0',
  'select a.tier, b.id from t b right join tier a on b.i = a.tier',
  'with w as (select code, sum(p) total from t group by code) select t.id, w.total from t join w on w.code = t.code',
  'select q.code, q.total * 2 twice from (select code, sum(p) total from t group by code) q where q.total > 1',
  'select t.id, t.code, t.p, count(*) c from t join tier on tier.bound <= t.p group by t.id',
  'select x.id, y.id as other from t x cross join (t y join tier z on z.tier = y.id) where x.b',
  'select year(d) y, quarter(d) q, count(*) c from t group by year(d), quarter(d)',
  'select case when i > 0 then "up" else "down" end w, sum(p) s from t group by case when i > 0 then "up" else "down" end',
  'select code as `min(x)`, id as `select` from t',
  'select id from t where (i, j) = (7, -2) or exists (select 1 from tier where tier.tier = t.i and tier.bound > 50)',
] as const

/** What must be refused, with a word of the reason. */
const REFUSED: readonly (readonly [query: string, reason: string])[] = [
  ['select s = 5 from t', 'text'],
  ['select now()', 'no two sessions'],
  ['select rand()', 'no two sessions'],
  ["select umlaut = 'a' from t", 'beyond ASCII'],
  ['select mixed, count(*) from t group by mixed', 'several ways'],
  ['select i from t limit 2', 'not defined'],
  ['select code, i from t group by code', 'neither grouped'],
  ['select group_concat(i) from t', 'order'],
  ['select zero from t', '0000-00-00'],
  ["select s regexp 'a' from t", 'regular expressions'],
  ['select sum(p / 3) from t', 'round it'],
  ['select std(p) from t', 'round'],
  ['select code, sum(i) from t group by code with rollup', 'sums of sums'],
  ['select i & 1 from t', 'counterpart'],
  ['select cast(s as signed) from t', 'text'],
  ['select d + interval 1.5 day from t', 'whole'],
  ['select b + s from t', 'text'],
  ["select code = 'x' collate utf8mb4_swedish_ci from t", 'two collations'],
  ['select twice(i) from t', 'function'],
  ['select (n * p - n * p + i) / 7 from t', 'depends on the row'],
  ['select p / 7 > 0.28 from t', 'round it'],
  ['select case p / 7 when 2 then 1 end from t', 'round it'],
  ['select q.x * 2 from (select p / 7 as x from t) q', 'plan'],
  ['select lag(p / 7) over (order by id) * 10 from t', 'plan'],
  ['select (select p / 7 from t where id = 1) * 10 as x', 'plan'],
  ['select p from t order by p / 7, id limit 1', 'round it'],
  ["select date_format(d, '%M') from t", 'language'],
  ['select e from t order by e, id limit 1', 'not among those'],
]

let mariadb: Mariadb
let sides: ReadonlyMap<string, BothSides>
const names = new Map<string, string>()

beforeAll(async () => {
  mariadb = await startMariadb({ settings: { max_allowed_packet: '64M' } })
  await mariadb.query(GROUND)
  await mariadb.query('use shop; create function twice(v int) returns int deterministic return v * 2')
  const statements = [
    ...[...EXPRESSIONS, ...ERRORS].map((each) => `select id, ${each} as x from t`),
    ...QUERIES,
    ...REFUSED.map(([query]) => query),
  ]
  for (const [at, statement] of statements.entries()) {
    names.set(statement, `shop.v${at + 1}`)
    await mariadb.query(`use shop; create view v${at + 1} as ${statement}`)
  }
  sides = new Map((await bothSides(mariadb, 'shop')).map((side) => [side.view, side]))
}, 120_000)

afterAll(async () => {
  await mariadb.stop()
})

function sideOf(statement: string): BothSides {
  const side = sides.get(names.get(statement) ?? '')
  if (side === undefined) throw new Error(`no view of ${statement}`)
  return side
}

describe('an expression gives what MariaDB gives', () => {
  test.each(EXPRESSIONS)('%s', (expression) => {
    const { model, legacy, duckdb } = sideOf(`select id, ${expression} as x from t`)
    expect(model.refusal).toBeNull()
    expect(duckdb, model.sql ?? '').toEqual(legacy)
  })
})

describe('an error of MariaDB is an error', () => {
  test.each(ERRORS)('%s', (expression) => {
    const { model, legacy, duckdb } = sideOf(`select id, ${expression} as x from t`)
    expect(model.refusal).toBeNull()
    expect(legacy).toContain('out of range')
    expect(duckdb).toContain('rror')
  })
})

describe('a query gives what MariaDB gives', () => {
  test.each(QUERIES)('%s', (query) => {
    const { model, legacy, duckdb } = sideOf(query)
    expect(model.refusal).toBeNull()
    expect(duckdb, model.sql ?? '').toEqual(legacy)
  })
})

describe('what is not known to be the same is refused with its reason and place', () => {
  test.each(REFUSED)('%s', (query, reason) => {
    const { model } = sideOf(query)
    expect(model.sql, model.sql ?? '').toBeNull()
    expect(model.refusal?.reason).toContain(reason)
    expect(model.refusal?.column).toBeGreaterThan(0)
  })
})
