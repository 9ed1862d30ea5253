/**
 * Queries that a person rarely writes, of what has its own rules for NULL, ties, empty sets and failure: marks over
 * every type and many beside each other, frames by value, GROUPING, tables of WITH with a LIMIT, and expressions that
 * only some rows may reach.
 */
import type { Random } from '@millrace/base'
import type { StreamDefinition } from '@millrace/core'
import { WideDraw, type WideShape } from './wide-draw.ts'
import { GROUP_KINDS, type Kind } from './wide-grammar.ts'
import type { WideScope } from './wide-scope.ts'

export function randomOddQuery(random: Random, tables: readonly StreamDefinition[]): string {
  const draw = new WideDraw(random, tables)
  return draw.pick(SHAPES)(draw)
}

interface MarkSides {
  readonly outer: WideScope
  readonly inner: ReturnType<WideDraw['table']>
}

/** A comparison with the rows of a subquery, of any type that can be compared. */
function mark(draw: WideDraw, { outer, inner }: MarkSides): string {
  const shared = GROUP_KINDS.filter((kind) => outer.column([kind]) !== null && inner.scope.column([kind]) !== null)
  const kind: Kind = draw.pick(shared)
  const [left, right] = [outer.column([kind]), inner.scope.column([kind])]
  const where = draw.pick([
    '',
    ` WHERE ${right} IS NOT NULL`,
    ' WHERE s.ref = t.ref',
    ' WHERE s.id > t.id',
    ' WHERE false',
    draw.where(inner.scope),
  ])
  const rows = `(SELECT ${right} FROM ${inner.sql}${where})`
  const ordered = ['list', 'words', 'row', 'map', 'enum', 'json'].includes(kind) ? ['=', '<>'] : ['=', '<>', '<', '>=']
  return draw.pick([
    `${left} IN ${rows}`,
    `${left} NOT IN ${rows}`,
    `${left} ${draw.pick(ordered)} ${draw.pick(['ANY', 'ALL'])} ${rows}`,
    `EXISTS (SELECT 1 FROM ${inner.sql} WHERE ${right} IS NOT DISTINCT FROM ${left})`,
  ])
}

function marks(draw: WideDraw): string {
  const { sql, scope } = draw.table('t')
  const one = (): string => mark(draw, { outer: scope, inner: draw.table('s') })
  return draw.pick([
    () => `SELECT t.id, ${draw.some(1, 5, (at) => `${one()} AS m${at}`).join(', ')} FROM ${sql}`,
    () => `SELECT t.id, t.ref FROM ${sql} WHERE ${one()} OR ${scope.condition()}`,
    () => `SELECT t.id, CASE WHEN ${one()} THEN 1 WHEN ${one()} THEN 2 END AS c FROM ${sql}`,
    () => `SELECT t.id FROM ${sql} WHERE (${one()}) IS NOT TRUE AND (${one()}) IS NOT FALSE`,
    () => `SELECT ${one()} AS m, count(*) AS n FROM ${sql} GROUP BY 1`,
    () => `SELECT t.id FROM ${sql} ORDER BY ${one()} DESC NULLS LAST, t.id, t.ref LIMIT 3`,
  ])()
}

/** Offsets of the type that the order has, with fractions where it has some. */
const RANGED: readonly (readonly [column: string, offsets: readonly string[]])[] = [
  ['i1', ['0', '1', '2']],
  ['dm', ['0.25', '1.5', '20']],
  ['f4', ['0.125', '1.5']],
  ['da', ['INTERVAL 1 DAY', 'INTERVAL 1 MONTH']],
  ['ts', ['INTERVAL 7 SECOND', 'INTERVAL 1 DAY', 'INTERVAL 0 DAY']],
  ['tz', ['INTERVAL 1 HOUR', 'INTERVAL 3 MONTH']],
]

function ranges(draw: WideDraw): string {
  const { sql, scope } = draw.table('t', true)
  const known = RANGED.filter(([column]) => scope.has(column))
  if (known.length === 0) return marks(draw)
  const [column, offsets] = draw.pick(known)
  const [near, far] = [draw.pick(offsets), draw.pick(offsets)]
  const bounds = draw.pick([
    `${near} PRECEDING AND ${far} FOLLOWING`,
    `${near} PRECEDING AND CURRENT ROW`,
    `CURRENT ROW AND ${far} FOLLOWING`,
    `UNBOUNDED PRECEDING AND ${near} PRECEDING`,
    `${near} FOLLOWING AND UNBOUNDED FOLLOWING`,
  ])
  const exclude = draw.pick(['', '', ' EXCLUDE CURRENT ROW', ' EXCLUDE GROUP', ' EXCLUDE TIES'])
  const order = `t.${column}${draw.pick(['', ' DESC'])}${draw.pick(['', ' NULLS FIRST', ' NULLS LAST'])}`
  const call = draw.pick(['count(*)', 'sum(t.id)', 'min(t.ref)', 'list(t.id ORDER BY t.id)', scope.fill('count(DISTINCT {key})', 1)])
  const by = draw.chance(2) ? 'PARTITION BY t.ref ' : ''
  return `SELECT t.id, ${call} OVER (${by}ORDER BY ${order} RANGE BETWEEN ${bounds}${exclude}) AS w FROM ${sql}${draw.where(scope)}`
}

function groupings(draw: WideDraw): string {
  const { sql, scope } = draw.table('t')
  const [a, b] = [scope.column([draw.pick(['int', 'text', 'enum', 'date'] as const)]) ?? 't.id', 't.ref']
  const by = draw.pick([
    `GROUPING SETS ((${a}, ${b}), (), (${b}), ())`,
    `ROLLUP (${a}, ${b})`,
    `CUBE (${a}, ${b})`,
    `${a}, ROLLUP (${b})`,
    'GROUPING SETS ((), ())',
  ])
  const told = by.includes(a) ? `${a} AS a, ${b} AS b, GROUPING(${a}, ${b}) AS g, ` : ''
  const having = draw.pick(['', '', ' HAVING count(*) <> 1', ...(told === '' ? [] : [` HAVING GROUPING(${b}) = 1`])])
  return `SELECT ${told}count(*) AS n, ${scope.aggregate()} AS c FROM ${sql}${draw.where(scope)} GROUP BY ${by}${having}`
}

function limitedTables(draw: WideDraw): string {
  const { sql, scope } = draw.table('t', true)
  const first = `SELECT t.id, t.ref, ${scope.expression(['int'], 1)} AS v FROM ${sql}${draw.where(scope)} ORDER BY ${scope.order()}, t.id LIMIT ${draw.random.below(5)}`
  const body = draw.pick([
    'SELECT x.id, y.v, (SELECT count(*) FROM c) AS n FROM c x JOIN c y ON x.ref = y.ref',
    'SELECT x.id, y.id AS other FROM c x FULL JOIN c y ON x.id = y.ref',
    'SELECT id FROM c WHERE v >= ALL (SELECT v FROM c) UNION ALL SELECT max(id) FROM c',
    'SELECT ref, count(*) AS n FROM c GROUP BY ref HAVING count(*) >= (SELECT count(*) // 2 FROM c)',
    '(SELECT id, ref FROM c) EXCEPT ALL (SELECT ref, id FROM c)',
  ])
  return `WITH c AS (${first}) ${body}`
}

/** What has no value for some rows, where these do not come to it. */
function guarded(draw: WideDraw): string {
  const { sql, scope } = draw.table('t')
  const text = scope.expression(['text'], 1)
  const whole = scope.expression(['int'], 1)
  return draw.pick([
    () => `SELECT t.id, CASE WHEN TRY_CAST(${text} AS INTEGER) IS NOT NULL THEN CAST(${text} AS INTEGER) END AS v FROM ${sql}`,
    () => `SELECT t.id, ${whole} // t.ref AS a, ${whole} % t.ref AS b, ${whole} / t.ref AS c FROM ${sql}`,
    () => `SELECT t.ref, max(${whole} // nullif(t.ref, 0)) AS v FROM ${sql} GROUP BY t.ref`,
    () => `SELECT t.id, coalesce(t.ref, CAST(CASE WHEN t.ref IS NULL THEN '7' ELSE ${text} END AS BIGINT)) AS v FROM ${sql}`,
    () => `SELECT t.id, list_transform([${whole}, 0, NULL], lambda x: 10 // x) AS v FROM ${sql}`,
    () =>
      `SELECT t.id, u.id AS other FROM ${sql} LEFT JOIN ${draw.table('u').sql} ON t.ref = u.id AND CASE WHEN u.ref <> 0 THEN t.id // u.ref > 0 END`,
  ])()
}

const SHAPES: readonly WideShape[] = [marks, marks, marks, ranges, ranges, groupings, limitedTables, guarded]
