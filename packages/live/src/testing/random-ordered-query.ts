/**
 * Random queries that depend on an order: LIMIT, DISTINCT ON, window functions, sessions, QUALIFY, and the
 * set operations that count. Where a result depends on how rows that tie stand, all columns are ordered by, for
 * DuckDB leaves that to chance.
 */
import { pick, type Random } from '@millrace/base'
import type { Type } from '@millrace/core'

interface Column {
  readonly name: string
  readonly type: Type
}

export interface OrderedRelation {
  readonly sql: string
  readonly columns: readonly Column[]
}

export function randomOrderedQuery(random: Random, relations: readonly OrderedRelation[]): string {
  const relation = randomSource(random, relations)
  switch (random.below(8)) {
    case 5:
      return randomSessions(random, relation)
    case 4:
      return randomAsof(random, relation, pick(random, relations))
    case 0:
      return randomLimit(random, relation)
    case 1:
      return randomDistinctOn(random, relation)
    case 2:
      return randomQualify(random, relation)
    case 3:
      return randomBag(random, relation, randomSource(random, relations))
    default:
      return randomWindows(random, relation)
  }
}

/** A relation, or a join or a union of some, whose rows may be there several times. */
function randomSource(random: Random, relations: readonly OrderedRelation[]): OrderedRelation {
  const one = pick(random, relations)
  const two = pick(random, relations)
  switch (random.below(5)) {
    case 0: {
      const sql = `(SELECT l.id, r.ref, r.id AS other FROM ${one.sql} l LEFT JOIN ${two.sql} r ON l.ref = r.ref)`
      return { sql, columns: ['id', 'ref', 'other'].map((name) => ({ name, type: { kind: 'int64' } })) }
    }
    case 1: {
      const columns: readonly Column[] = ['id', 'ref'].map((name) => ({ name, type: { kind: 'int64' } }))
      return { sql: `(SELECT id % 3 AS id, ref FROM ${one.sql} UNION ALL SELECT ref, id FROM ${two.sql})`, columns }
    }
    default:
      return one
  }
}

function randomLimit(random: Random, relation: OrderedRelation): string {
  const limit = random.below(5) === 0 ? '' : ` LIMIT ${random.below(7)}`
  const offset = limit === '' || random.below(3) === 0 ? ` OFFSET ${random.below(4)}` : ''
  const chosen = someColumns(random, relation)
  const inner = `SELECT ${chosen.join(', ')} FROM ${relation.sql} t ORDER BY ${totalOrder(random, relation)}${limit}${offset}`
  switch (random.below(4)) {
    case 0:
      return `SELECT count(*) AS n, min(${chosen[0]}) AS least FROM (${inner})`
    case 1:
      return `SELECT count(*) AS n FROM (SELECT id FROM ${relation.sql} t${limit}${offset})`
    default:
      return inner
  }
}

function randomDistinctOn(random: Random, relation: OrderedRelation): string {
  const keys = someColumns(random, relation)
  return `SELECT DISTINCT ON (${keys.join(', ')}) ${allColumns(relation)} FROM ${relation.sql} t ORDER BY ${totalOrder(random, relation)}`
}

function randomQualify(random: Random, relation: OrderedRelation): string {
  const limit = `${pick(random, ['<=', '<', '=', '>'])} ${random.below(4)}`
  const by = partitionOf(random, relation)
  const ranking = pick(random, ['row_number', 'rank', 'dense_rank'])
  const order = ranking === 'row_number' ? totalOrder(random, relation) : partialOrder(random, relation)
  const told = random.below(2) === 0 ? ', n' : ''
  const call = `${ranking}() OVER (${by} ORDER BY ${order})`
  if (random.below(2) === 0) return `SELECT id, ref${told} FROM (SELECT *, ${call} AS n FROM ${relation.sql} t) WHERE n ${limit}`
  return `SELECT ${allColumns(relation)} FROM ${relation.sql} t QUALIFY ${call} ${limit}`
}

function randomBag(random: Random, left: OrderedRelation, right: OrderedRelation): string {
  const operation = pick(random, ['EXCEPT ALL', 'INTERSECT ALL'])
  // Few values, and fewer rows on the right: rows that are there several times, and of which some stay.
  if (random.below(2) === 0) {
    const value = pick(random, ['id % 2', 'ref % 2', 'ref'])
    return `SELECT ${value} AS v FROM ${left.sql} l ${operation} SELECT ${value} FROM ${right.sql} r WHERE id < ${1 + random.below(5)}`
  }
  return `SELECT id, ref FROM ${left.sql} l ${operation} SELECT ref, id FROM ${right.sql} r`
}

/**
 * Of each key and value there is one right row, for DuckDB leaves to chance which of several it takes. No left
 * value is NULL: one of DuckDB's ways to join finds partners for these, the other does not.
 */
function randomAsof(random: Random, left: OrderedRelation, right: OrderedRelation): string {
  const operator = pick(random, ['>=', '>', '<=', '<'])
  const kind = pick(random, ['ASOF JOIN', 'ASOF LEFT JOIN'])
  const [key, value] = pick(random, [
    ['ref', 'id'],
    ['id', 'ref'],
  ])
  const chosen = 'l.id, l.ref, r.value, r.n'
  const given = `(SELECT * FROM ${left.sql} WHERE ref IS NOT NULL)`
  if (random.below(3) === 0) {
    const once = `(SELECT ${value} AS value, count(*) AS n FROM ${right.sql} GROUP BY ${value})`
    return `SELECT ${chosen} FROM ${given} l ${kind} ${once} r ON l.ref ${operator} r.value`
  }
  const once = `(SELECT ${key} AS key, ${value} AS value, count(*) AS n FROM ${right.sql} GROUP BY ${key}, ${value})`
  return `SELECT ${chosen} FROM ${given} l ${kind} ${once} r ON l.id = r.key AND l.ref ${operator} r.value`
}

/** Rows of a partition that lie close together, where the number of the group is told and where it is not. */
function randomSessions(random: Random, relation: OrderedRelation): string {
  const value = pick(
    random,
    relation.columns.filter(({ type }) => ['int32', 'int64', 'decimal', 'date'].includes(type.kind)),
  )
  const by = pick(random, ['ref', 'ref % 2', pick(random, relation.columns).name])
  const over = `OVER (PARTITION BY ${by} ORDER BY ${oneOrder(random, value.name)})`
  const begins = pick(random, [
    `${value.name} - before > ${random.below(3)} THEN 1 ELSE 0`,
    `${value.name} - before <= ${random.below(3)} THEN 0 ELSE 1`,
    `before IS NULL OR before - ${value.name} > 1 THEN 1 ELSE 0`,
    `before = ${value.name} THEN 1 ELSE 0`,
  ])
  const marked = `SELECT *, lag(${value.name}) ${over} AS before FROM ${relation.sql} t`
  const numbered = `SELECT *, sum(CASE WHEN ${begins} END) ${over} AS session FROM (${marked})`
  const told = random.below(4) === 0 ? ', session' : ''
  const having = random.below(4) === 0 ? ' HAVING count(*) > 1' : ''
  return `SELECT ${by} AS one${told}, ${randomAggregate(random, relation)} AS a FROM (${numbered}) GROUP BY ${by}, session${having}`
}

function randomWindows(random: Random, relation: OrderedRelation): string {
  // Which of a row's copies is first is left to chance, so all calls that tell copies apart agree in it.
  const total = `OVER (${partitionOf(random, relation)} ORDER BY ${totalOrder(random, relation)}`
  const calls = Array.from({ length: 1 + random.below(3) }, (_, at) => `${randomCall(random, relation, total)} AS w${at}`)
  return `SELECT ${[...someColumns(random, relation), ...calls].join(', ')} FROM ${relation.sql} t`
}

function randomCall(random: Random, relation: OrderedRelation, total: string): string {
  const by = partitionOf(random, relation)
  const column = pick(random, relation.columns).name
  const nulls = pick(random, ['', '', ' IGNORE NULLS'])
  const distance = pick(random, ['', ', 2', ', 0', ', -1', ', 1, ref'])
  const partial = `OVER (${by} ORDER BY ${partialOrder(random, relation)}`
  switch (random.below(6)) {
    case 0:
      return `${pick(random, ['rank()', 'dense_rank()', 'percent_rank()', 'cume_dist()'])} ${partial})`
    case 1:
      return `${pick(random, ['row_number()', 'ntile(1)', 'ntile(3)'])} ${total})`
    case 2: {
      const of = distance.endsWith('ref') ? 'ref' : column
      return `${pick(random, ['lag', 'lead'])}(${of}${distance}${nulls}) ${total})`
    }
    case 3:
      return `${pick(random, [`first_value(${column}${nulls})`, `last_value(${column}${nulls})`, `nth_value(${column}, 2${nulls})`, `last(${column})`, `any_value(${column})`])} ${total}${randomFrame(random, 'rows')})`
    case 4:
      return `${random.below(4) === 0 ? randomList(random, relation) : randomAggregate(random, relation)} ${total}${randomFrame(random, 'rows')})`
    default:
      return `${randomAggregate(random, relation)} ${randomPeers(random, relation, by)})`
  }
}

/** A window whose frames hold rows that tie either all or not at all. */
function randomPeers(random: Random, relation: OrderedRelation, by: string): string {
  const shape = random.below(4)
  if (shape === 0) return `OVER (${by}`
  if (shape === 1) return `OVER (${by} ORDER BY ${partialOrder(random, relation)}`
  if (shape === 2) return `OVER (${by} ORDER BY ${partialOrder(random, relation)}${randomFrame(random, 'groups')}`
  const numbers = relation.columns.filter(({ type }) => ['int32', 'int64', 'decimal', 'date'].includes(type.kind))
  return `OVER (${by} ORDER BY ${oneOrder(random, pick(random, numbers).name)}${randomFrame(random, 'range')}`
}

function randomFrame(random: Random, unit: 'rows' | 'groups' | 'range'): string {
  const [start, end] = pick(random, [
    ['UNBOUNDED PRECEDING', 'CURRENT ROW'],
    ['CURRENT ROW', 'UNBOUNDED FOLLOWING'],
    ['UNBOUNDED PRECEDING', 'UNBOUNDED FOLLOWING'],
    ['2 PRECEDING', 'CURRENT ROW'],
    ['1 PRECEDING', '1 FOLLOWING'],
    ['3 PRECEDING', '1 PRECEDING'],
    ['1 FOLLOWING', '2 FOLLOWING'],
    ['UNBOUNDED PRECEDING', '1 PRECEDING'],
    ['1 FOLLOWING', 'UNBOUNDED FOLLOWING'],
  ])
  const exclusions = unit === 'rows' ? ['', '', ' EXCLUDE CURRENT ROW', ' EXCLUDE GROUP', ' EXCLUDE TIES'] : ['', '', ' EXCLUDE GROUP']
  return ` ${unit.toUpperCase()} BETWEEN ${start} AND ${end}${pick(random, exclusions)}`
}

function randomAggregate(random: Random, { columns }: OrderedRelation): string {
  const column = pick(random, columns).name
  const number = pick(
    random,
    columns.filter(({ type }) => ['int32', 'int64', 'decimal'].includes(type.kind)),
  ).name
  const call = pick(random, [
    'count(*)',
    `count(${column})`,
    `count(DISTINCT ${column})`,
    `sum(${number})`,
    `sum(DISTINCT ${number})`,
    `avg(${number})`,
    `min(${column})`,
    `max(${column})`,
    `bool_and(${number} > 0)`,
    `bool_or(${number} > 1)`,
  ])
  return random.below(5) === 0 ? `${call} FILTER (WHERE ${number} > 0)` : call
}

/** Without DISTINCT they are told as the rows of the frame stand. */
function randomList(random: Random, { columns }: OrderedRelation): string {
  const column = pick(random, columns).name
  const call = pick(random, [
    `list(${column})`,
    `string_agg(${column}::VARCHAR, '; ')`,
    `list(DISTINCT ${column} ORDER BY ${column})`,
    `any_value(${column})`,
  ])
  return random.below(4) === 0 ? `${call} FILTER (WHERE ref > 0)` : call
}

function someColumns(random: Random, { columns }: OrderedRelation): readonly string[] {
  const chosen = columns.filter(() => random.below(2) === 0).map(({ name }) => name)
  return chosen.length === 0 ? ['ref'] : chosen
}

function partitionOf(random: Random, relation: OrderedRelation): string {
  return random.below(4) === 0 ? '' : `PARTITION BY ${pick(random, [pick(random, relation.columns).name, 'ref % 2', 'ref'])}`
}

function partialOrder(random: Random, { columns }: OrderedRelation): string {
  return Array.from({ length: 1 + random.below(2) }, () => oneOrder(random, pick(random, columns).name)).join(', ')
}

/** Those that a total order orders by: a table may have others, in which its rows still differ. */
function allColumns({ columns }: OrderedRelation): string {
  return columns.map(({ name }) => name).join(', ')
}

function totalOrder(random: Random, { columns }: OrderedRelation): string {
  const names = columns.map(({ name }) => name).toSorted(() => random.next() - 0.5)
  return names.map((name) => oneOrder(random, name)).join(', ')
}

function oneOrder(random: Random, name: string): string {
  return `${name}${pick(random, ['', ' ASC', ' DESC'])}${pick(random, ['', ' NULLS FIRST', ' NULLS LAST'])}`
}
