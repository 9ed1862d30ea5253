/** Random queries within queries: scalar and correlated subqueries, tables of WITH used many times, set operations in each other. */
import { pick, type Random } from '@millrace/base'

export interface NestedRelation {
  readonly sql: string
}

/** Over `id` and `ref`, which every table has. */
export function randomNestedQuery(random: Random, relations: readonly NestedRelation[]): string {
  switch (random.below(5)) {
    case 4:
      return randomRecursion(random, relations)
    case 0:
      return `SELECT t.id, t.ref, ${scalar(random, relations)} AS s FROM ${source(random, relations)} t${where(random, relations)}`
    case 1:
      return randomWith(random, relations)
    case 2:
      return setOperation(random, relations, 2)
    default:
      return `SELECT t.id, u.ref FROM ${source(random, relations)} t, ${source(random, relations)} u WHERE t.${column(random)} = u.${column(random)} AND ${condition(random, relations)}`
  }
}

function randomWith(random: Random, relations: readonly NestedRelation[]): string {
  const first = `SELECT ref, count(*) AS id FROM ${source(random, relations)} t${where(random, relations)} GROUP BY ref`
  const second = pick(random, [
    'SELECT id, ref FROM w WHERE id > 1',
    'SELECT max(id) AS id, ref FROM w GROUP BY ref',
    `SELECT w.id, o.ref FROM w JOIN ${source(random, relations)} o ON o.ref = w.ref`,
  ])
  const body = pick(random, [
    'SELECT w.id, v.ref FROM w JOIN v ON w.ref = v.ref',
    'SELECT id, ref FROM w WHERE id = (SELECT max(id) FROM w)',
    'SELECT id, ref FROM v EXCEPT SELECT id, ref FROM w',
    'SELECT w.ref, count(v.id) AS n FROM w LEFT JOIN v ON w.id = v.id GROUP BY w.ref',
    'SELECT ref FROM w WHERE NOT EXISTS (SELECT 1 FROM v WHERE v.ref = w.ref AND v.id > w.id)',
  ])
  return `WITH w AS (${first}), v AS (${second}) ${body}`
}

/** Each ends on any rows: UNION sees a row once, and UNION ALL counts its rounds. */
function randomRecursion(random: Random, relations: readonly NestedRelation[]): string {
  const [start, next] = [pick(random, relations).sql, pick(random, relations).sql]
  const round = pick(random, [
    `SELECT o.id, o.ref FROM ${next} o JOIN r ON o.ref = r.id`,
    `SELECT o.id, r.ref FROM r JOIN ${next} o ON o.ref = r.id AND o.id <> r.ref`,
    `SELECT o.ref, o.id FROM r, ${next} o WHERE o.id = r.ref AND NOT EXISTS (SELECT 1 FROM ${start} s WHERE s.ref = o.id)`,
    `SELECT r.ref, o.id FROM r LEFT JOIN ${next} o ON o.ref = r.id`,
    `SELECT o.id, o.ref FROM ${next} o WHERE o.id IN (SELECT ref FROM r)`,
  ])
  const body = pick(random, [
    'SELECT id, ref FROM r',
    'SELECT ref, count(*) AS n FROM r GROUP BY ref',
    `SELECT r.id, t.ref FROM r JOIN ${next} t ON t.id = r.ref`,
    'SELECT x.id, y.ref FROM r x JOIN r y ON x.ref = y.id',
  ])
  if (random.below(2) === 0)
    return `WITH RECURSIVE r(id, ref) AS (SELECT id, ref FROM ${start} t${where(random, relations)} UNION ${round}) ${body}`
  const counted = pick(random, [
    `SELECT o.id, o.ref, r.round + 1 FROM ${next} o JOIN r ON o.ref = r.id WHERE r.round < 3`,
    `SELECT r.id + 1, r.ref, r.round + 1 FROM r WHERE r.round < (SELECT count(*) FROM ${next}) AND r.id < 4`,
  ])
  const first = `SELECT id % 10 AS id, ref, 0 AS round FROM ${start} t WHERE id > 2`
  return `WITH RECURSIVE r(id, ref, round) AS (${first} UNION ALL ${counted}) SELECT id, ref, round FROM r`
}

function setOperation(random: Random, relations: readonly NestedRelation[], depth: number): string {
  if (depth === 0) return `SELECT id, ref FROM ${pick(random, relations).sql} t${where(random, relations)}`
  const operation = pick(random, ['UNION', 'UNION ALL', 'EXCEPT', 'INTERSECT', 'EXCEPT ALL', 'INTERSECT ALL'])
  return `(${setOperation(random, relations, depth - 1)}) ${operation} (${setOperation(random, relations, random.below(depth))})`
}

function source(random: Random, relations: readonly NestedRelation[]): string {
  const one = pick(random, relations).sql
  const two = pick(random, relations).sql
  return pick(random, [
    one,
    one,
    `(SELECT id, ref FROM ${one} UNION ALL SELECT ref, id FROM ${two})`,
    `(SELECT a.id, b.ref FROM ${one} a LEFT JOIN ${two} b ON a.ref = b.id)`,
  ])
}

function where(random: Random, relations: readonly NestedRelation[]): string {
  return random.below(2) === 0 ? '' : ` WHERE ${condition(random, relations)}`
}

/** Over the columns of `t`. */
function condition(random: Random, relations: readonly NestedRelation[]): string {
  const inner = pick(random, relations).sql
  return pick(random, [
    `t.${column(random)} > ${random.below(3)}`,
    `t.${column(random)} ${pick(random, ['=', '<', '>=', '<>'])} ${scalar(random, relations)}`,
    `EXISTS (SELECT 1 FROM ${inner} s WHERE s.${column(random)} = t.${column(random)} AND s.${column(random)} <> t.${column(random)})`,
    `NOT EXISTS (SELECT 1 FROM ${inner} s WHERE s.${column(random)} = t.${column(random)})`,
    `t.${column(random)} IN (SELECT s.${column(random)} FROM ${inner} s WHERE s.${column(random)} > t.${column(random)})`,
    `t.${column(random)} NOT IN (SELECT s.${column(random)} FROM ${inner} s) AND t.id IN (SELECT s.ref FROM ${inner} s)`,
    `(t.${column(random)} IN (SELECT s.ref FROM ${inner} s) OR t.id = ${random.below(4)})`,
    `EXISTS (SELECT 1 FROM ${inner} s WHERE s.id = t.ref AND EXISTS (SELECT 1 FROM ${inner} r WHERE r.ref = s.ref AND r.id <> t.id))`,
  ])
}

/** A value from a subquery that has one row. */
function scalar(random: Random, relations: readonly NestedRelation[]): string {
  const inner = pick(random, relations).sql
  const call = pick(random, ['max', 'min', 'sum', 'avg', 'count'])
  const correlated = random.below(2) === 0 ? '' : ` WHERE s.${column(random)} = t.${column(random)}`
  return `(SELECT ${call}(s.${column(random)}) FROM ${inner} s${correlated})`
}

function column(random: Random): string {
  return pick(random, ['id', 'ref'])
}
