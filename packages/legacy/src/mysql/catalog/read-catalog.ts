/** Reads views and what they rest on: their text, their columns' types, and facts about the rows on which a translation rests. */
import type { MysqlConnection } from '@millrace/capture'
import { type CatalogColumn, type CatalogRelation, type MysqlCatalog, relationKey } from './catalog.ts'
import { measureColumns } from './measure-columns.ts'

type Row = Readonly<Record<string, string | number | null>>
export type Ask = (sql: string) => Promise<readonly Row[]>

const OWN = `NOT IN ('information_schema', 'performance_schema', 'mysql', 'sys')`
const SETTINGS = `SELECT @@global.div_precision_increment AS division, @@global.group_concat_max_len AS concat, @@global.time_zone AS zone,
  @@system_time_zone AS own_zone, @@global.sql_mode AS mode`
const TABLES = `SELECT TABLE_SCHEMA AS s, TABLE_NAME AS n, TABLE_TYPE AS kind, TABLE_COMMENT AS comment FROM information_schema.TABLES
  WHERE TABLE_SCHEMA ${OWN} AND TABLE_TYPE IN ('BASE TABLE', 'VIEW', 'SYSTEM VERSIONED') ORDER BY TABLE_SCHEMA, TABLE_NAME`
const VIEWS = `SELECT TABLE_SCHEMA AS s, TABLE_NAME AS n, VIEW_DEFINITION AS definition, COLLATION_CONNECTION AS collation
  FROM information_schema.VIEWS WHERE TABLE_SCHEMA ${OWN}`
const COLUMNS = `SELECT TABLE_SCHEMA AS s, TABLE_NAME AS n, COLUMN_NAME AS name, DATA_TYPE AS data_type, COLUMN_TYPE AS column_type,
  NUMERIC_PRECISION AS digits, NUMERIC_SCALE AS scale, DATETIME_PRECISION AS fraction, IS_NULLABLE AS nullable, COLLATION_NAME AS collation
  FROM information_schema.COLUMNS WHERE TABLE_SCHEMA ${OWN} ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION`
const KEYS = `SELECT TABLE_SCHEMA AS s, TABLE_NAME AS n, INDEX_NAME AS index_name, COLUMN_NAME AS name, SUB_PART AS part FROM information_schema.STATISTICS
  WHERE NON_UNIQUE = 0 AND TABLE_SCHEMA ${OWN} ORDER BY TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX`

/** `wanted` says of which tables the rows are looked at. */
export async function readCatalog(connection: MysqlConnection, wanted: (relation: CatalogRelation) => boolean): Promise<MysqlCatalog> {
  const ask: Ask = async (sql) => connection.query<Record<string, string | number | null>>(sql)
  const [settings] = await ask(SETTINGS)
  const columns = grouped(await ask(COLUMNS))
  const keys = grouped(await ask(KEYS))
  const views = grouped(await ask(VIEWS))
  const relations = new Map<string, CatalogRelation>()
  for (const row of await ask(TABLES)) {
    const key = keyOf(row)
    const own = (columns.get(key) ?? []).map(columnOf)
    const relation = relationOf(row, { columns: own, view: views.get(key)?.[0], keys: keysOf(keys.get(key) ?? [], own) })
    relations.set(key, relation)
  }
  for (const [key, relation] of relations) {
    if (relation.kind === 'table' && wanted(relation)) relations.set(key, { ...relation, columns: await measureColumns(relation, ask) })
  }
  const zone = String(settings?.['zone'])
  return {
    relations,
    divisionDigits: Number(settings?.['division']),
    concatBytesMax: Number(settings?.['concat']),
    isUtc: /^(UTC|\+00:00|GMT)$/i.test(zone === 'SYSTEM' ? String(settings?.['own_zone']) : zone),
    hasUnsignedSubtraction: !String(settings?.['mode']).includes('NO_UNSIGNED_SUBTRACTION'),
  }
}

function keyOf(row: Row): string {
  return relationKey(String(row['s']), String(row['n']))
}

function grouped(rows: readonly Row[]): ReadonlyMap<string, readonly Row[]> {
  return Map.groupBy(rows, keyOf)
}

interface RelationParts {
  readonly columns: readonly CatalogColumn[]
  readonly view: Row | undefined
  readonly keys: readonly (readonly string[])[]
}

function relationOf(row: Row, { columns, view, keys }: RelationParts): CatalogRelation {
  const isView = row['kind'] === 'VIEW'
  const comment = String(row['comment'] ?? '')
  return {
    schema: String(row['s']),
    name: String(row['n']),
    kind: isView ? 'view' : 'table',
    comment: isView || comment === '' ? null : comment,
    columns,
    definition: isView ? String(view?.['definition'] ?? '') : null,
    collation: String(view?.['collation'] ?? ''),
    keys,
  }
}

function columnOf(row: Row): CatalogColumn {
  const columnType = String(row['column_type'])
  return {
    name: String(row['name']),
    dataType: String(row['data_type']).toLowerCase(),
    columnType,
    precision: Number(row['digits'] ?? 0),
    scale: Number(row['scale'] ?? 0),
    fraction: Number(row['fraction'] ?? 0),
    isUnsigned: columnType.includes('unsigned'),
    isNullable: row['nullable'] === 'YES',
    collation: row['collation'] === null ? null : String(row['collation']),
    facts: null,
    hasNoDates: false,
  }
}

/** Where a column of an index may be NULL, the index does not tell rows apart. */
function keysOf(rows: readonly Row[], columns: readonly CatalogColumn[]): string[][] {
  const isWhole = (row: Row): boolean => row['part'] === null && columns.some(({ name, isNullable }) => name === row['name'] && !isNullable)
  return [...Map.groupBy(rows, (row) => row['index_name']).values()]
    .filter((index) => index.every(isWhole))
    .map((index) => index.map((row) => String(row['name'])))
}
