/** Random tables, queries of the supported language over them, and histories of changes. */
import type { StreamDefinition, Type, Value } from '@millrace/core'
import { pick, type Random } from '@millrace/base'
import type { WatermarkedTable } from './on-time-changes.ts'
import { randomNestedQuery } from './random-nested-query.ts'
import { randomOrderedQuery } from './random-ordered-query.ts'
import { randomMarkQuery } from './random-subquery.ts'

export interface FuzzTable extends WatermarkedTable {
  readonly columnTypes: readonly Type[]
}

const TYPES: readonly Type[] = [
  { kind: 'int32' },
  { kind: 'int64' },
  { kind: 'decimal', width: 8, scale: 2 },
  { kind: 'float64' },
  { kind: 'text' },
  { kind: 'boolean' },
  { kind: 'date' },
]

export function randomTable(random: Random, name: string): FuzzTable {
  const keyed = random.below(4) > 0
  const extra = Array.from({ length: 2 + random.below(3) }, () => pick(random, TYPES))
  const columnTypes: Type[] = [{ kind: 'int64' }, { kind: 'int64' }, ...extra]
  const columns = columnTypes.map((type, at) => ({ name: at === 0 ? 'id' : at === 1 ? 'ref' : `c${at}`, type, nullable: at > 0 }))
  return { name, kind: 'table', partitions: 1, schema: { columns, key: keyed ? [0] : [] }, columnTypes }
}

export function randomValue(random: Random, type: Type): Value {
  if (random.below(6) === 0) return null
  switch (type.kind) {
    case 'int32':
      return random.below(5) - 2
    case 'int64':
      return random.below(12) === 0 ? 9_007_199_254_740_993n + BigInt(random.below(2)) : random.below(5)
    case 'decimal':
      return random.below(600) - 300
    case 'boolean':
      return random.below(2) === 0
    case 'float64':
    case 'float32':
      // Sums of these are exact in any order, so that DuckDB's are too.
      return (random.below(400) - 200) / 8
    case 'date':
      return 19_700 + random.below(4)
    default:
      return pick(random, ['', 'a', 'b', 'ab', 'é'])
  }
}

interface Scope {
  readonly alias: string
  readonly columns: readonly { readonly name: string; readonly type: Type }[]
}

interface Relation {
  readonly sql: string
  readonly columns: readonly { readonly name: string; readonly type: Type }[]
}

/** A SELECT over the given relations (tables or models). */
export function randomQuery(random: Random, relations: readonly Relation[]): string {
  if (random.below(3) === 0) return randomOrderedQuery(random, relations)
  if (random.below(4) === 0) return randomNestedQuery(random, relations)
  const shape = random.below(12)
  if (shape < 3) return randomAggregate(random, relations)
  if (shape < 4) return `${randomColumns(random, relations)} UNION ALL ${randomColumns(random, relations)}`
  if (shape < 5)
    return `${randomColumns(random, relations)} ${pick(random, ['UNION', 'EXCEPT', 'INTERSECT'])} ${randomColumns(random, relations)}`
  if (shape < 6) return randomDistinct(random, relations)
  if (shape < 7) return randomSubquery(random, relations)
  if (shape < 8) return randomImplicitJoin(random, relations)
  if (shape < 9) return randomMarkQuery(random, relations)
  if (shape < 10) return randomOuterJoin(random, relations)
  return randomJoin(random, relations)
}

export function relationOf(table: StreamDefinition): Relation {
  return { sql: table.name, columns: table.schema.columns }
}

function randomFrom(random: Random, relations: readonly Relation[]): { sql: string; scopes: Scope[] } {
  const count = 1 + random.below(3)
  const scopes: Scope[] = []
  let sql = ''
  for (let at = 0; at < count; at += 1) {
    const relation = pick(random, relations)
    const scope: Scope = { alias: `t${at}`, columns: relation.columns }
    if (at === 0) sql = `${relation.sql} ${scope.alias}`
    else {
      const other = pick(random, scopes)
      const kind = pick(random, ['JOIN', 'JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN', ','])
      const condition = randomEquality(random, other, scope)
      if (kind === ',') sql = `(SELECT ${starOf(scopes)} FROM ${sql}) ${joinedAlias(at)}, ${relation.sql} ${scope.alias}`
      else {
        const extra = random.below(4) === 0 ? ` AND ${randomCondition(random, [...scopes, scope])}` : ''
        const onRight = kind === 'LEFT JOIN' && random.below(4) === 0 ? ` AND ${randomCondition(random, [scope])}` : ''
        sql = `${sql} ${kind} ${relation.sql} ${scope.alias} ON ${condition}${extra}${onRight}`
      }
      if (kind === ',') {
        const inner = joinedScope(scopes, joinedAlias(at))
        scopes.splice(0, scopes.length, inner)
      }
    }
    scopes.push(scope)
  }
  return { sql, scopes }
}

function joinedAlias(at: number): string {
  return `j${at}`
}

function starOf(scopes: readonly Scope[]): string {
  return scopes.flatMap(({ alias, columns }) => columns.map(({ name }) => `${alias}.${name} AS ${alias}_${name}`)).join(', ')
}

function joinedScope(scopes: readonly Scope[], alias: string): Scope {
  return { alias, columns: scopes.flatMap((scope) => scope.columns.map(({ name, type }) => ({ name: `${scope.alias}_${name}`, type }))) }
}

function randomEquality(random: Random, left: Scope, right: Scope): string {
  const pairs = left.columns.flatMap((a) => right.columns.filter((b) => b.type.kind === a.type.kind).map((b) => [a.name, b.name] as const))
  const chosen = random.below(3) > 0 ? pairs.filter(([a, b]) => a.endsWith('ref') || b === 'id') : pairs
  const [a, b] = pick(random, chosen.length > 0 ? chosen : pairs)
  const operator = random.below(8) === 0 ? 'IS NOT DISTINCT FROM' : '='
  return `${left.alias}.${a} ${operator} ${right.alias}.${b}`
}

function columnsOfKind(scopes: readonly Scope[], kinds: readonly string[]): string[] {
  return scopes.flatMap(({ alias, columns }) =>
    columns.filter(({ type }) => kinds.includes(type.kind)).map(({ name }) => `${alias}.${name}`),
  )
}

export function randomCondition(random: Random, scopes: readonly Scope[]): string {
  const whole = columnsOfKind(scopes, ['int64', 'int32'])
  const texts = columnsOfKind(scopes, ['text'])
  const a = pick(random, whole)
  const b = pick(random, whole)
  const options = [
    `${a} > ${random.below(4)}`,
    `${a} <= ${b}`,
    `${a} IS NOT NULL`,
    `${a} IN (0, 2, NULL)`,
    `${a} BETWEEN 1 AND 3`,
    `NOT (${a} = ${b})`,
    `(${a} = 1 OR ${b} > 2)`,
    ...texts.map((text) => `${text} LIKE '%a%'`),
  ]
  return pick(random, options)
}

/** An expression with a type that a union can rely on. */
function randomExpression(random: Random, scopes: readonly Scope[]): string {
  const whole = columnsOfKind(scopes, ['int64', 'int32'])
  const decimals = columnsOfKind(scopes, ['decimal'])
  const texts = columnsOfKind(scopes, ['text'])
  const dates = columnsOfKind(scopes, ['date'])
  const a = pick(random, whole)
  const b = pick(random, whole)
  return pick(random, [
    a,
    `${a} + ${b}`,
    `${a} % 3`,
    `coalesce(${a}, ${b}, -1)`,
    `CASE WHEN ${randomCondition(random, scopes)} THEN ${a} ELSE ${b} END`,
    ...decimals.flatMap((column) => [`${column} * 1.5`, `CAST(${column} AS DECIMAL(12,1))`]),
    ...texts.flatMap((column) => [`upper(${column})`, `${column} || '!'`, `length(${column})`]),
    ...dates.flatMap((column) => [`${column} + 1`, `date_trunc('month', ${column})`]),
  ])
}

function whereOf(random: Random, scopes: readonly Scope[]): string {
  return random.below(2) === 0 ? '' : ` WHERE ${randomCondition(random, scopes)}`
}

function randomJoin(random: Random, relations: readonly Relation[]): string {
  const { sql, scopes } = randomFrom(random, relations)
  const columns = scopes.flatMap(({ alias, columns: all }) => all.map(({ name }) => `${alias}.${name}`))
  const chosen = Array.from({ length: 1 + random.below(3) }, (_, at) => `${pick(random, columns)} AS x${at}`)
  return `SELECT ${[...chosen, `${randomExpression(random, scopes)} AS y`].join(', ')} FROM ${sql}${whereOf(random, scopes)}`
}

/** Rows without a partner on either side, where a partner needs more than equal keys. */
function randomOuterJoin(random: Random, relations: readonly Relation[]): string {
  const left: Scope = { alias: 'l', columns: pick(random, relations).columns }
  const right: Scope = { alias: 'r', columns: pick(random, relations).columns }
  const nameOf = (scope: Scope): string => relations.find(({ columns }) => columns === scope.columns)?.sql ?? ''
  const [a, b] = [pick(random, columnsOfKind([left], ['int64', 'int32'])), pick(random, columnsOfKind([right], ['int64', 'int32']))]
  // DuckDB's FULL JOIN takes comparisons of the two sides, and nothing else.
  const extra = `${a} ${pick(random, ['<', '<=', '>', '<>'])} ${b}`
  const kind = pick(random, ['FULL JOIN', 'FULL JOIN', 'RIGHT JOIN', 'LEFT JOIN', 'SEMI JOIN', 'ANTI JOIN'])
  const chosen =
    kind === 'SEMI JOIN' || kind === 'ANTI JOIN' ? 'l.id, l.ref' : `l.id, l.ref, r.id AS other, ${pick(random, [b, `r.ref`])} AS y`
  return `SELECT ${chosen} FROM ${nameOf(left)} l ${kind} ${nameOf(right)} r ON ${randomEquality(random, left, right)} AND ${extra}`
}

/** `FROM a, b, c WHERE a.x = b.y AND ...`, with the conditions in any order. */
function randomImplicitJoin(random: Random, relations: readonly Relation[]): string {
  const scopes = Array.from({ length: 2 + random.below(2) }, (_, at): Scope => ({
    alias: `t${at}`,
    columns: pick(random, relations).columns,
  }))
  const from = scopes.map((scope) => `${relations.find(({ columns }) => columns === scope.columns)?.sql} ${scope.alias}`)
  const others = scopes.slice(1)
  const equalities = others.map((scope, at) =>
    randomEquality(random, random.below(2) === 0 ? (scopes[0] as Scope) : (scopes[at] as Scope), scope),
  )
  const conditions = [...equalities, randomCondition(random, scopes)].toSorted(() => random.next() - 0.5)
  const chosen = scopes.map((scope, at) => `${scope.alias}.${pick(random, scope.columns).name} AS x${at}`)
  return `SELECT ${chosen.join(', ')} FROM ${from.toSorted(() => random.next() - 0.5).join(', ')} WHERE ${conditions.join(' AND ')}`
}

function randomColumns(random: Random, relations: readonly Relation[]): string {
  const { sql, scopes } = randomFrom(random, relations)
  const whole = columnsOfKind(scopes, ['int64'])
  return `SELECT ${pick(random, whole)} AS a, ${pick(random, whole)} AS b FROM ${sql}${whereOf(random, scopes)}`
}

function randomDistinct(random: Random, relations: readonly Relation[]): string {
  const { sql, scopes } = randomFrom(random, relations)
  return `SELECT DISTINCT ${randomExpression(random, scopes)} AS a, ${randomExpression(random, scopes)} AS b FROM ${sql}${whereOf(random, scopes)}`
}

function randomSubquery(random: Random, relations: readonly Relation[]): string {
  const outer = pick(random, relations)
  const inner = pick(random, relations)
  const condition = pick(random, [
    `t.ref NOT IN (SELECT s.ref FROM ${inner.sql} s)`,
    `t.ref NOT IN (SELECT s.ref FROM ${inner.sql} s WHERE s.id > t.id)`,
    `(t.id, t.ref) IN (SELECT s.id, s.ref FROM ${inner.sql} s)`,
    `(t.ref IN (SELECT s.ref FROM ${inner.sql} s) OR t.id = 1)`,
    `(t.ref IN (SELECT s.ref FROM ${inner.sql} s)) IS NULL`,
    `t.ref > ANY (SELECT s.ref FROM ${inner.sql} s)`,
    `t.ref >= ALL (SELECT s.ref FROM ${inner.sql} s)`,
    `NOT EXISTS (SELECT 1 FROM ${inner.sql} s WHERE s.ref > t.ref)`,
    `t.ref IN (SELECT s.id FROM ${inner.sql} s)`,
    `EXISTS (SELECT 1 FROM ${inner.sql} s WHERE s.id = t.ref)`,
    `NOT EXISTS (SELECT 1 FROM ${inner.sql} s WHERE s.ref = t.ref AND s.id > 1)`,
    `t.id > 1 AND EXISTS (SELECT 1 FROM ${inner.sql} s WHERE s.id = t.id)`,
  ])
  return `SELECT t.id, t.ref FROM ${outer.sql} t WHERE ${condition}`
}

function randomAggregate(random: Random, relations: readonly Relation[]): string {
  const { sql, scopes } = randomFrom(random, relations)
  const columns = scopes.flatMap(({ alias, columns: all }) => all.map(({ name }) => `${alias}.${name}`))
  const numbers = columnsOfKind(scopes, ['int64', 'int32', 'decimal'])
  const calls = Array.from({ length: 1 + random.below(4) }, (_, at) => `${randomCall(random, { columns, numbers, scopes })} AS a${at}`)
  const groups = Array.from({ length: random.below(3) }, () =>
    random.below(3) > 0 ? pick(random, columns) : randomExpression(random, scopes),
  )
  const having = groups.length > 0 && random.below(4) === 0 ? ' HAVING count(*) > 1' : ''
  const selected = groups.map((group, at) => `${group} AS g${at}`)
  const by = groups.length === 0 ? '' : ` GROUP BY ${groupingOf(random, groups)}`
  return `SELECT ${[...selected, ...calls].join(', ')} FROM ${sql}${whereOf(random, scopes)}${by}${having}`
}

function groupingOf(random: Random, groups: readonly string[]): string {
  const list = groups.join(', ')
  return pick(random, [list, list, list, `ROLLUP (${list})`, `CUBE (${list})`, `GROUPING SETS ((${list}), (${groups[0] ?? ''}))`])
}

interface CallScope {
  readonly columns: readonly string[]
  readonly numbers: readonly string[]
  readonly scopes: readonly Scope[]
}

function randomCall(random: Random, { columns, numbers, scopes }: CallScope): string {
  const call = random.below(2) === 0 ? pick(random, plainCalls(random, { columns, numbers })) : pick(random, orderedCalls(random, scopes))
  return random.below(5) === 0 ? `${call} FILTER (WHERE ${randomCondition(random, scopes)})` : call
}

function plainCalls(random: Random, { columns, numbers }: { columns: readonly string[]; numbers: readonly string[] }): readonly string[] {
  return [
    'count(*)',
    `count(${pick(random, columns)})`,
    `count(DISTINCT ${pick(random, columns)})`,
    `sum(${pick(random, numbers)})`,
    `sum(DISTINCT ${pick(random, numbers)})`,
    `avg(${pick(random, numbers)})`,
    `min(${pick(random, columns)})`,
    `max(${pick(random, columns)})`,
  ]
}

/** Where DuckDB's answer would depend on the order of the rows, an ORDER BY says which is wanted. */
function orderedCalls(random: Random, scopes: readonly Scope[]): readonly string[] {
  const all = scopes.flatMap(({ alias, columns }) => columns.map(({ name }) => `${alias}.${name}`))
  const whole = columnsOfKind(scopes, ['int64', 'int32'])
  const [a, b] = [pick(random, all), pick(random, whole)]
  const direction = pick(random, ['', ' DESC', ' NULLS FIRST', ' DESC NULLS FIRST'])
  const floats = columnsOfKind(scopes, ['float64', 'decimal'])
  const texts = columnsOfKind(scopes, ['text'])
  return [
    `bool_or(${b} > 1)`,
    `bool_and(${b} > 0)`,
    `count_if(${b} = 1)`,
    `${pick(random, ['bit_and', 'bit_or', 'bit_xor'])}(${b})`,
    `any_value(${a} ORDER BY ${a})`,
    `first(${a} ORDER BY ${b}${direction}, ${a})`,
    `last(${a} ORDER BY ${b}${direction}, ${a})`,
    `arg_min(${a}, ${b} ORDER BY ${a})`,
    `arg_max(${a}, ${b} ORDER BY ${a})`,
    `mode(${a} ORDER BY ${a})`,
    `quantile_disc(${a}, ${random.below(5) / 4})`,
    ...floats.flatMap((column) => [`median(${column})`, `quantile_cont(${column}, 0.3)`, `sum(${column})`, `avg(${column})`]),
    ...texts.flatMap((column) => [
      `string_agg(${column}, '-' ORDER BY ${b}${direction}, ${column})`,
      `string_agg(DISTINCT ${column}, '' ORDER BY ${column})`,
    ]),
  ]
}
