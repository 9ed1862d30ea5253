/** Random tables of all types, and queries over them of the whole language. */
import { pick, type Random } from '@millrace/base'
import type { StreamDefinition } from '@millrace/core'
import type { FuzzTable } from './random-query.ts'
import { WideDraw, type WideShape } from './wide-draw.ts'
import { GROUP_KINDS, KEY_KINDS } from './wide-grammar.ts'
import type { TypedColumn, WideScope } from './wide-scope.ts'
import { WIDE_COLUMNS } from './wide-types.ts'

/** `id` and `ref`, as all tables have, and some of the columns of every type. */
export function randomWideTable(random: Random, name: string, isKeyed: boolean): FuzzTable {
  const extra = WIDE_COLUMNS.filter(() => random.below(3) === 0).map(({ name: column, type }) => ({ name: column, type }))
  const columns: TypedColumn[] = [{ name: 'id', type: { kind: 'int64' } }, { name: 'ref', type: { kind: 'int64' } }, ...extra]
  const times = columns.map((column) => column.name).filter((column) => ['da', 'ts', 'tz'].includes(column))
  const isWatched = times.length > 0 && random.below(3) === 0
  return {
    name,
    kind: 'table',
    partitions: 1,
    ...(isWatched ? { watermark: { column: pick(random, times), latenessSeconds: pick(random, [0, 5, 86_400]) } } : {}),
    schema: { columns: columns.map((column, at) => ({ ...column, nullable: at > 0 })), key: isKeyed ? [0] : [] },
    columnTypes: columns.map(({ type }) => type),
  }
}

export function randomWideQuery(random: Random, tables: readonly StreamDefinition[]): string {
  return pick(random, SHAPES)(new WideDraw(random, tables))
}

function projection(draw: WideDraw): string {
  const { sql, scope } = draw.table('t')
  return `SELECT ${draw.some(1, 4, (at) => `${scope.expression()} AS x${at}`).join(', ')} FROM ${sql}${draw.where(scope)}`
}

function distinct(draw: WideDraw): string {
  const { sql, scope } = draw.table('t')
  return `SELECT DISTINCT ${draw.some(1, 2, (at) => `${groupKey(draw, scope)} AS x${at}`).join(', ')} FROM ${sql}${draw.where(scope)}`
}

/** A computed float may be -0, and equal keys would then not be the same. */
function groupKey(draw: WideDraw, scope: WideScope): string {
  const kind = draw.pick(GROUP_KINDS)
  return kind === 'float' ? (scope.column(['float']) ?? '1') : scope.expression([kind], 1)
}

function groups(draw: WideDraw): string {
  const { sql, scope } = draw.table('t')
  return grouped(draw, { from: sql, scope })
}

function grouped(draw: WideDraw, { from, scope }: { from: string; scope: WideScope }): string {
  const keys = draw.some(0, 2, () => groupKey(draw, scope))
  const calls = draw.some(1, 3, (at) => `${scope.aggregate()} AS a${at}`)
  const list = keys.join(', ')
  const by = draw.pick([list, list, `ROLLUP (${list})`, `CUBE (${list})`, `GROUPING SETS ((${list}), (), (${keys[0] ?? ''}))`])
  const having = draw.chance(4) ? ` HAVING ${draw.pick(['count(*) > 1', `${scope.aggregate()} IS NOT NULL`])}` : ''
  const tail = keys.length === 0 ? having : ` GROUP BY ${by}${having}`
  return `SELECT ${[...keys.map((key, at) => `${key} AS g${at}`), ...calls].join(', ')} FROM ${from}${draw.where(scope)}${tail}`
}

function joins(draw: WideDraw): string {
  const [left, right] = [draw.table('t'), draw.table('u')]
  const both = left.scope.and(right.scope)
  const on = joinCondition(draw, left.scope, right.scope)
  const kind = draw.pick(['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN'])
  const from = `${left.sql} ${kind} ${right.sql} ON ${on}`
  if (draw.chance(2)) return grouped(draw, { from, scope: both })
  return `SELECT ${draw.some(1, 3, (at) => `${both.expression()} AS x${at}`).join(', ')} FROM ${from}${draw.where(both)}`
}

function joinCondition(draw: WideDraw, left: WideScope, right: WideScope): string {
  const shared = GROUP_KINDS.filter((kind) => left.column([kind]) !== null && right.column([kind]) !== null)
  const kind = draw.pick(shared)
  const equal = `${left.column([kind])} ${draw.pick(['=', '=', 'IS NOT DISTINCT FROM'])} ${right.column([kind])}`
  return draw.pick([equal, `${equal} AND t.ref = u.ref`, `${equal} AND t.id <> u.id`, 't.ref = u.ref'])
}

function lists(draw: WideDraw): string {
  const { sql, scope } = draw.table('t')
  const list = scope.expression(draw.pick([['list'], ['words']] as const), 1)
  const ordinality = draw.chance(3)
  const named = ordinality ? 'n(x, place)' : 'n(x)'
  const told = ordinality ? 'x, place' : 'x'
  const unnested = `unnest(${list})${ordinality ? ' WITH ORDINALITY' : ''} AS ${named}`
  return draw.pick([
    () => `SELECT t.id, unnest(${list}) AS x, unnest(${scope.expression(['words', 'list'], 1)}) AS y FROM ${sql}`,
    () => `SELECT t.id, ${told} FROM ${sql}, ${unnested}${draw.where(scope)}`,
    () => `SELECT t.ref, ${told} FROM ${sql} LEFT JOIN ${unnested} ON true${draw.where(scope)}`,
    () => `SELECT x, count(*) AS n, ${scope.aggregate()} AS a FROM ${sql}, unnest(${list}) AS n(x) GROUP BY x`,
    () => `SELECT t.id, (SELECT count(x) FROM unnest(${list}) AS n(x)) AS n FROM ${sql}`,
    () => `SELECT t.id, y FROM ${sql} CROSS JOIN LATERAL (SELECT unnest(${list}) AS y) l`,
    () => `SELECT id, max(x) AS most FROM (SELECT t.id, unnest(${list}) AS x FROM ${sql}) GROUP BY id`,
  ])()
}

/** The order of a subquery is that of the aggregates which read it. */
function sortedSubquery(draw: WideDraw): string {
  const { sql, scope } = draw.table('t', true)
  const calls = draw.some(
    1,
    3,
    (at) =>
      `${draw.pick(['list(x)', "string_agg(x::VARCHAR, ';')", 'first(x)', 'last(x)', 'list(x) FILTER (WHERE g > 0)', 'count(x)'])} AS a${at}`,
  )
  const order = draw.chance(2) ? `t.id${draw.pick(['', ' DESC'])}` : `${scope.order()}, t.id`
  const inner = `SELECT ${scope.expression()} AS x, t.ref AS g FROM ${sql}${draw.where(scope)} ORDER BY ${order}`
  return draw.chance(2) ? `SELECT ${calls.join(', ')} FROM (${inner})` : `SELECT g, ${calls.join(', ')} FROM (${inner}) GROUP BY g`
}

function windows(draw: WideDraw): string {
  const { sql, scope } = draw.table('t', true)
  const calls = draw.some(
    1,
    2,
    (at) =>
      `${windowCall(draw, scope)} OVER (${partition(draw, scope)} ORDER BY ${draw.chance(2) ? '' : `${scope.order()}, `}t.id${frame(draw)}) AS w${at}`,
  )
  const qualify = draw.chance(4) ? ` QUALIFY row_number() OVER (${partition(draw, scope)} ORDER BY t.id) <= 2` : ''
  return `SELECT t.id, ${calls.join(', ')} FROM ${sql}${draw.where(scope)}${qualify}`
}

function windowCall(draw: WideDraw, scope: WideScope): string {
  const any = scope.expression()
  const key = scope.expression(KEY_KINDS, 1)
  return draw.pick([
    `list(${any})`,
    `string_agg(${scope.expression(['text'], 1)}, ', ')`,
    `first_value(${any})`,
    `last_value(${any} IGNORE NULLS)`,
    `nth_value(${any}, 2)`,
    `count(${any})`,
    `min(${key})`,
    `max(${key})`,
    `count(DISTINCT ${key})`,
    `arg_max(${any}, t.id)`,
    `list(${any} ORDER BY t.id DESC)`,
    `max(${key}, 2)`,
    scope.fill('histogram({counted})', 1),
    scope.fill('sum({int})', 1),
    scope.fill('avg({num})', 1),
    scope.fill('bool_or({bool})', 1),
    scope.fill('quantile_disc({counted}, 0.5)', 1),
    scope.fill('mode({key#1} ORDER BY {key#1})', 1),
  ])
}

function partition(draw: WideDraw, scope: WideScope): string {
  return draw.chance(3) ? '' : `PARTITION BY ${draw.chance(2) ? 't.ref' : groupKey(draw, scope)}`
}

function frame(draw: WideDraw): string {
  return draw.pick([
    '',
    '',
    ' ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING',
    ' ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING',
    ' ROWS 2 PRECEDING',
  ])
}

function neighbours(draw: WideDraw): string {
  const { sql, scope } = draw.table('t', true)
  const calls = draw.some(
    1,
    2,
    (at) =>
      `${draw.pick(['lag', 'lead'])}(${scope.expression()}${draw.pick(['', ', 2'])}) OVER (${partition(draw, scope)} ORDER BY t.id) AS w${at}`,
  )
  return `SELECT t.id, ${calls.join(', ')} FROM ${sql}`
}

function firsts(draw: WideDraw): string {
  const { sql, scope } = draw.table('t', true)
  const values = draw.some(1, 3, (at) => `${scope.expression()} AS x${at}`).join(', ')
  return draw.pick([
    () => `SELECT DISTINCT ON (${groupKey(draw, scope)}) t.id, ${values} FROM ${sql}${draw.where(scope)} ORDER BY ${scope.order()}, t.id`,
    () =>
      `SELECT t.id, ${values} FROM ${sql}${draw.where(scope)} ORDER BY ${scope.order()}, t.id DESC LIMIT ${draw.random.below(4)} OFFSET ${draw.random.below(2)}`,
    () => `SELECT t.id, ${values} FROM ${sql} QUALIFY rank() OVER (PARTITION BY ${groupKey(draw, scope)} ORDER BY ${scope.order()}) = 1`,
  ])()
}

/** Of each key and value there is one right row. */
function nearest(draw: WideDraw): string {
  const [left, right] = [draw.table('t'), draw.table('u', true)]
  const shared = (['ts', 'tz', 'da', 'dm', 'id', 'ref', 'i4'] as const).filter((name) =>
    [left, right].every(({ scope }) => scope.has(name)),
  )
  const name = draw.pick(shared)
  const once = `(SELECT ${name} AS at, ref AS k, max(id) AS last, list(id ORDER BY id) AS ids FROM ${right.name} GROUP BY ${name}, ref)`
  const given = `(SELECT * FROM ${left.name} WHERE ${name} IS NOT NULL)`
  return `SELECT t.id, t.${name} AS v, u.at, u.last, u.ids FROM ${given} t ASOF ${draw.pick(['', 'LEFT '])}JOIN ${once} u ON t.ref = u.k AND t.${name} ${draw.pick(['>=', '>', '<', '<='])} u.at`
}

/** Subqueries where one rarely stands. */
function oddSubqueries(draw: WideDraw): string {
  const [outer, inner, third] = [draw.table('t'), draw.table('s'), draw.table('u')]
  const value = (alias: string): string =>
    draw.pick([
      `(SELECT max(s.ref) FROM ${inner.sql} WHERE s.id = ${alias}.ref)`,
      `(SELECT count(*) FROM ${inner.sql} WHERE s.ref <= ${alias}.ref AND ${inner.scope.condition()})`,
      `(SELECT ${inner.scope.fill('min({int})', 1)} FROM ${inner.sql})`,
    ])
  const list = `(SELECT list(s.ref ORDER BY s.ref) FROM ${inner.sql} WHERE s.id = t.ref)`
  return draw.pick([
    () =>
      `SELECT t.id, u.id AS other FROM ${outer.sql} ${draw.pick(['JOIN', 'LEFT JOIN'])} ${third.sql} ON t.ref = u.ref AND u.id > (SELECT min(s.ref) FROM ${inner.sql})`,
    () => `SELECT t.ref, count(*) AS n FROM ${outer.sql} GROUP BY t.ref HAVING count(*) >= ${value('t')}`,
    () => `SELECT t.ref, max(${value('t')}) AS m, ${outer.scope.aggregate()} AS a FROM ${outer.sql} GROUP BY t.ref`,
    () => `SELECT ${value('t')} AS g, count(*) AS n FROM ${outer.sql} GROUP BY 1`,
    () => `SELECT t.id, CASE WHEN ${outer.scope.condition()} THEN ${value('t')} ELSE ${value('t')} END AS v FROM ${outer.sql}`,
    () => `SELECT t.id, sum(${value('t')}) OVER (PARTITION BY t.ref) AS v FROM ${outer.sql}`,
    () => `SELECT t.id, ${list} AS ids, len(${list}) AS n FROM ${outer.sql}`,
    () => `SELECT t.id, ARRAY(SELECT s.id FROM ${inner.sql} WHERE s.ref = t.ref ORDER BY s.id) AS ids FROM ${outer.sql}`,
    () =>
      `SELECT t.id FROM ${outer.sql} WHERE EXISTS (SELECT 1 FROM ${inner.sql} WHERE s.id = t.ref AND s.ref IN (SELECT u.ref FROM ${third.sql} WHERE u.id >= t.id))`,
    () => `SELECT t.id, (SELECT ${inner.scope.aggregate()} FROM ${inner.sql} WHERE s.ref = t.ref) AS v FROM ${outer.sql}`,
    () => `SELECT t.id, l.* FROM ${outer.sql}, LATERAL (SELECT count(*) AS n, max(s.id) AS m FROM ${inner.sql} WHERE s.ref = t.ref) l`,
    () =>
      `SELECT t.id, l.id AS other FROM ${outer.sql} LEFT JOIN LATERAL (SELECT s.id FROM ${inner.sql} WHERE s.ref = t.ref ORDER BY s.id LIMIT 1) l ON true`,
    () => `SELECT t.id FROM ${outer.sql} WHERE (t.id, t.ref) IN (SELECT s.ref, s.id FROM ${inner.sql} WHERE ${inner.scope.condition()})`,
    () => `SELECT t.id, ${outer.scope.condition()} AND t.ref = ANY (SELECT s.id FROM ${inner.sql}) AS v FROM ${outer.sql}`,
    () => `SELECT count(*) FILTER (WHERE t.ref IN (SELECT s.id FROM ${inner.sql})) AS n FROM ${outer.sql}`,
  ])()
}

/** Paths, sums on the way and texts that grow: each ends by a count of its rounds. */
function recursion(draw: WideDraw): string {
  const [start, next] = [draw.table('t'), draw.table('o')]
  const word = start.scope.expression(['text'], 1)
  return draw.pick([
    () =>
      `WITH RECURSIVE r(id, path, n) AS (SELECT t.id, [t.ref], 1 FROM ${start.sql} UNION ALL SELECT o.id, list_append(r.path, o.ref), r.n + 1 FROM r JOIN ${next.sql} ON o.ref = r.id WHERE r.n < 3) SELECT id, path FROM r`,
    () =>
      `WITH RECURSIVE r(id, word, n) AS (SELECT t.id, ${word}, 0 FROM ${start.sql} UNION SELECT r.id, left(r.word || '+', 6), r.n + 1 FROM r WHERE r.n < 2) SELECT word, count(*) AS c FROM r GROUP BY word`,
    () =>
      `WITH RECURSIVE r(id, root) AS (SELECT t.id, t.id FROM ${start.sql} WHERE t.ref IS NULL UNION SELECT o.id, r.root FROM ${next.sql} JOIN r ON o.ref = r.id) SELECT root, count(*) AS n, max(id) AS m FROM r GROUP BY root`,
  ])()
}

function timeWindows(draw: WideDraw): string {
  const { sql, scope, name } = draw.table('t')
  const at = scope.has('ts') ? 'ts' : scope.has('tz') ? 'tz' : null
  if (at === null) return groups(draw)
  const zone = at === 'ts' ? 'TIMESTAMP' : 'TIMESTAMPTZ'
  const bounded = `(SELECT * FROM ${name} WHERE ${at} BETWEEN ${zone} '2000-01-01' AND ${zone} '2100-01-01')`
  const over = `OVER (PARTITION BY ref ORDER BY ${at})`
  return draw.pick([
    () => `SELECT time_bucket(INTERVAL 10 SECOND, t.${at}) AS w, ${scope.aggregate()} AS a FROM ${sql} GROUP BY ALL`,
    () =>
      `SELECT w, count(*) AS n, max(id) AS m FROM (SELECT id, unnest(generate_series(time_bucket(INTERVAL 2 SECOND, ${at}) - INTERVAL 8 SECOND, time_bucket(INTERVAL 2 SECOND, ${at}), INTERVAL 2 SECOND)) AS w FROM ${bounded}) GROUP BY w`,
    () =>
      `SELECT ref, min(${at}) AS b, max(${at}) AS e, count(*) AS n FROM (SELECT *, count(*) FILTER (starts) ${over} AS session FROM (SELECT ref, ${at}, ${at} - lag(${at}) ${over} > INTERVAL 6 SECOND AS starts FROM ${bounded})) GROUP BY ref, session`,
    () =>
      `SELECT a.id, b.id AS other FROM ${bounded} a JOIN ${bounded} b ON a.ref = b.ref AND b.${at} BETWEEN a.${at} AND a.${at} + INTERVAL 10 SECOND`,
    () => `SELECT id, sum(id) OVER (ORDER BY ${at} RANGE BETWEEN INTERVAL 10 SECOND PRECEDING AND CURRENT ROW) AS s FROM ${bounded}`,
  ])()
}

function sets(draw: WideDraw): string {
  const [left, right] = [draw.table('t'), draw.table('u')]
  const kinds = GROUP_KINDS.filter((kind) => kind !== 'enum' && kind !== 'float')
  const chosen = draw.some(1, 2, () => draw.pick(kinds))
  const side = ({ sql, scope }: typeof left): string =>
    `SELECT ${chosen.map((kind, at) => `${scope.column([kind]) ?? scope.expression([kind], 1)} AS x${at}`).join(', ')} FROM ${sql}${draw.where(scope)}`
  return `${side(left)} ${draw.pick(['UNION', 'UNION ALL', 'EXCEPT', 'INTERSECT', 'EXCEPT ALL', 'INTERSECT ALL', 'UNION BY NAME'])} ${side(right)}`
}

/** Rows as columns, and columns as rows. */
function pivots(draw: WideDraw): string {
  const { name, scope, sql } = draw.table('t')
  return draw.pick([
    () => `SELECT * FROM (SELECT id, ref FROM ${name}) UNPIVOT (v FOR col IN (id, ref))`,
    () =>
      `SELECT * FROM (SELECT t.ref % 3 AS k, ${scope.fill('{int}', 1)} AS v, t.id % 2 AS g FROM ${sql}) PIVOT (max(v) AS most, count(*) AS n FOR k IN (0, 1, 2) GROUP BY g)`,
    () => `SELECT * EXCLUDE (id) REPLACE (ref + 1 AS ref) FROM ${name}`,
    () => `SELECT v.x, count(t.id) AS n FROM (VALUES (0), (1), (NULL)) v(x) LEFT JOIN ${sql} ON t.ref = v.x GROUP BY v.x`,
    () => `SELECT count(COLUMNS(*)) FROM ${name}`,
    () => `FROM ${name} SELECT min(COLUMNS('id|ref'))`,
  ])()
}

const SHAPES: readonly WideShape[] = [
  projection,
  projection,
  distinct,
  groups,
  groups,
  groups,
  joins,
  joins,
  lists,
  lists,
  sortedSubquery,
  windows,
  windows,
  neighbours,
  firsts,
  nearest,
  oddSubqueries,
  oddSubqueries,
  recursion,
  timeWindows,
  sets,
  pivots,
]
