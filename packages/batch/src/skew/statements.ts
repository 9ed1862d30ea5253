/** What to tell each engine so that a relation lies by a key. Nothing here is run by us. */
import { assert } from '@millrace/base'
import { isWhole, type Column, type JsonValue } from '@millrace/core'
import { quoteIdentifier, quoteLiteral, relationAddress } from '@millrace/sql'
import type { ShardEngine } from './placement.ts'
import type { KeyReport, RelationShape, SkewReport } from './report.ts'

/** As a list, each a whole statement; comments say what no statement can. */
export function statementsFor({
  relation,
  report,
  key,
}: {
  relation: RelationShape
  report: Pick<SkewReport, 'engine' | 'shards'>
  key: KeyReport
}): readonly string[] {
  const wanted = { table: relationAddress(relation.name).table, relation, shards: report.shards, key }
  return WRITTEN[report.engine](wanted)
}

interface Wanted {
  readonly table: string
  readonly relation: RelationShape
  readonly shards: number
  readonly key: KeyReport
}

const WRITTEN: Readonly<Record<ShardEngine, (wanted: Wanted) => readonly string[]>> = {
  postgres: postgresStatements,
  citus: ({ table, shards, key }) => [
    `SELECT alter_distributed_table(${quoteLiteral(table)}, distribution_column := ${quoteLiteral(key.columns[0] as string)}, shard_count := ${shards});`,
  ],
  redshift: ({ table, key }) => [
    `ALTER TABLE ${quoteIdentifier(table)} ALTER DISTSTYLE KEY DISTKEY ${quoteIdentifier(key.columns[0] as string)};`,
  ],
  spark: sparkStatements,
  kafka: kafkaStatements,
}

/** A partitioned copy that takes the table's name in one transaction; the table before stays beside it. */
function postgresStatements(wanted: Wanted): readonly string[] {
  const { table, relation, shards, key } = wanted
  const { schema } = relation
  const by = key.columns.map(quoteIdentifier)
  const salted = key.salt === null ? [] : [`(${saltSql(wanted, (column, parts) => `${postgresHash(column)} & ${parts - 1}`)})`]
  const next = quoteIdentifier(`${table}_next`)
  const identity = schema.key.map((at) => (schema.columns[at] as Column).name)
  const isWithin = key.salt === null && key.columns.every((column) => identity.includes(column))
  return [
    'BEGIN;',
    `LOCK TABLE ${quoteIdentifier(table)} IN SHARE ROW EXCLUSIVE MODE;`,
    `CREATE TABLE ${next} (LIKE ${quoteIdentifier(table)} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED INCLUDING IDENTITY INCLUDING STORAGE) PARTITION BY HASH (${[...by, ...salted].join(', ')});`,
    ...Array.from(
      { length: shards },
      (_, at) =>
        `CREATE TABLE ${quoteIdentifier(`${table}_next_${at}`)} PARTITION OF ${next} FOR VALUES WITH (MODULUS ${shards}, REMAINDER ${at});`,
    ),
    `INSERT INTO ${next} SELECT * FROM ${quoteIdentifier(table)};`,
    ...identityStatements(next, identity, isWithin),
    `ALTER TABLE ${quoteIdentifier(table)} RENAME TO ${quoteIdentifier(`${table}_before`)};`,
    `ALTER TABLE ${next} RENAME TO ${quoteIdentifier(table)};`,
    'COMMIT;',
  ]
}

/** Postgres can only hold a key unique over all partitions where it holds the partition's key. */
function identityStatements(next: string, identity: readonly string[], isWithin: boolean): readonly string[] {
  if (identity.length === 0) return []
  const columns = identity.map(quoteIdentifier).join(', ')
  if (isWithin) return [`ALTER TABLE ${next} ADD PRIMARY KEY (${columns});`]
  return [
    `-- (${columns}) stays unique within each partition only; Postgres has no unique index over all of them.`,
    `CREATE INDEX ON ${next} (${columns});`,
  ]
}

function sparkStatements(wanted: Wanted): readonly string[] {
  const { table, shards, key } = wanted
  const by = key.columns.map(sparkName)
  if (key.salt === null) return [`SELECT /*+ REPARTITION(${[shards, ...by].join(', ')}) */ * FROM ${sparkName(table)};`]
  const salt = saltSql(wanted, (column, parts) => `pmod(hash(${sparkName(column.name)}), ${parts})`, sparkName)
  const hint = `/*+ REPARTITION(${[shards, ...by, 'salt'].join(', ')}) */`
  return [
    `SELECT ${hint} * FROM (SELECT *, CAST(${salt} AS INT) AS salt FROM ${sparkName(table)});`,
    `-- A table that is joined with it by (${by.join(', ')}) needs each of its rows once a part: LATERAL VIEW explode(sequence(0, ${key.salt.parts - 1})) parts AS salt.`,
  ]
}

function kafkaStatements({ table, shards, key }: Wanted): readonly string[] {
  const one = key.columns.length === 1 && key.salt === null
  const parts = [...key.columns, ...(key.salt === null ? [] : ['salt'])]
  const order =
    key.salt === null
      ? []
      : [`# Order holds within (${parts.join(', ')}) only; frequent keys take a salt from 0 to ${key.salt.parts - 1}, others 0.`]
  return [
    `kafka-topics.sh --bootstrap-server "$BROKERS" --create --topic ${table} --partitions ${shards}`,
    `# Key each record with ${one ? `the text of ${key.columns[0]}` : `the JSON array [${parts.join(', ')}] of their texts`}.`,
    ...order,
  ]
}

type Varied = (column: Column, parts: number) => string

/** SQL for the part that a row of a frequent key goes to: by a column that differs within the key. */
function saltSql({ relation, key }: Wanted, varied: Varied, name: (text: string) => string = quoteIdentifier): string {
  const { salt, columns } = key
  if (salt === null) return '0'
  const other = relation.schema.columns.find((column) => column.name === salt.by)
  assert(other !== undefined, 'a salt is made of a column of the relation')
  return `CASE WHEN ${isFrequent(columns.map(name), salt.keys)} THEN ${varied(other, salt.parts)} ELSE 0 END`
}

function isFrequent(columns: readonly string[], keys: readonly (readonly JsonValue[])[]): string {
  const whole = keys.filter((key) => !key.includes(null))
  const list = (items: readonly string[]): string => (items.length === 1 ? (items[0] as string) : `(${items.join(', ')})`)
  const among = whole.length === 0 ? [] : [`${list(columns)} IN (${whole.map((key) => list(key.map(literal))).join(', ')})`]
  const withNull = keys
    .filter((key) => key.includes(null))
    .map((key) => key.map((value, at) => (value === null ? `${columns[at]} IS NULL` : `${columns[at]} = ${literal(value)}`)).join(' AND '))
  return [...among, ...withNull].join(' OR ')
}

function literal(value: JsonValue): string {
  return typeof value === 'string' ? quoteLiteral(value) : String(value)
}

function postgresHash(column: Column): string {
  const name = quoteIdentifier(column.name)
  return isWhole(column.type) ? `hashint8(${name})` : `hashtext(${name}::text)`
}

function sparkName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``
}
