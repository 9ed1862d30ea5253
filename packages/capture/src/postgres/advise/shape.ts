/** What Postgres's catalog and statistics say of the tables and indexes of a database. */
import type { Query } from '../connect.ts'

export interface TableShape {
  readonly oid: string
  readonly schema: string
  readonly name: string
  /** As SQL names it, with its schema. */
  readonly quoted: string
  /** By the last ANALYZE; -1 where there was none. */
  readonly rows: number
  readonly pages: number
  readonly bytes: number
  /** The share of a page that new rows may fill, in percent. */
  readonly fill: number
  /** How often it was read whole, and by an index. */
  readonly wholeReads: number
  readonly indexReads: number
  readonly columns: readonly ColumnShape[]
}

export interface ColumnShape {
  readonly number: number
  readonly name: string
  readonly quoted: string
  /** How many values it has; 0 where that is not known. */
  readonly distinct: number
  /** From -1 to 1: whether rows lie in its order. */
  readonly correlation: number
  /** Bytes of a value, NULLs counted as none; null where nothing is known. */
  readonly width: number | null
  /** On how many bytes a value begins. */
  readonly alignment: number
}

export interface IndexShape {
  readonly oid: string
  readonly tableOid: string
  readonly quoted: string
  readonly kind: string
  readonly bytes: number
  readonly pages: number
  readonly entries: number
  readonly fill: number
  readonly reads: number
  /** Numbers of columns, in order; 0 is an expression. */
  readonly columns: readonly number[]
  /** Whether more than reading depends on it: a key, a constraint, what replication or CLUSTER goes by. */
  readonly isNeeded: boolean
  /** Whether it finds the rows that go when a row that they refer to is deleted. */
  readonly servesReference: boolean
  readonly isPartial: boolean
}

export interface DatabaseShape {
  readonly tables: readonly TableShape[]
  readonly indexes: readonly IndexShape[]
  /** Since when reads are counted. */
  readonly countedSince: Date
  /** Whether pgstattuple can be asked, which reads the pages themselves. */
  readonly canReadPages: boolean
}

const OWN_SCHEMAS = `n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'`

const FILL = (relation: string, standard: number): string =>
  `coalesce((SELECT option_value::int FROM pg_options_to_table(${relation}.reloptions) WHERE option_name = 'fillfactor'), ${standard})`

const TABLES = `
SELECT c.oid::text AS oid, n.nspname AS schema, c.relname AS name, format('%I.%I', n.nspname, c.relname) AS quoted,
  c.reltuples::float8 AS rows, c.relpages AS pages, pg_relation_size(c.oid)::float8 AS bytes, ${FILL('c', 100)} AS fill,
  coalesce(s.seq_scan, 0)::float8 AS "wholeReads", coalesce(s.idx_scan, 0)::float8 AS "indexReads"
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_stat_user_tables s ON s.relid = c.oid
WHERE c.relkind IN ('r', 'm') AND c.relpersistence = 'p' AND ${OWN_SCHEMAS} ORDER BY 4`

const COLUMNS = `
SELECT a.attrelid::text AS "tableOid", a.attnum::int AS number, a.attname AS name, quote_ident(a.attname) AS quoted,
  CASE WHEN s.n_distinct < 0 THEN -s.n_distinct * greatest(c.reltuples, 0) ELSE coalesce(s.n_distinct, 0) END::float8 AS distinct,
  coalesce(s.correlation, 0)::float8 AS correlation, (s.avg_width * (1 - s.null_frac))::float8 AS width,
  CASE WHEN a.attlen = -1 THEN 1 ELSE CASE a.attalign WHEN 'd' THEN 8 WHEN 'i' THEN 4 WHEN 's' THEN 2 ELSE 1 END END AS alignment
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname AND NOT s.inherited
WHERE c.relkind IN ('r', 'm') AND a.attnum > 0 AND NOT a.attisdropped AND ${OWN_SCHEMAS} ORDER BY a.attrelid, a.attnum`

const INDEXES = `
SELECT i.indexrelid::text AS oid, i.indrelid::text AS "tableOid", format('%I.%I', n.nspname, c.relname) AS quoted, m.amname AS kind,
  pg_relation_size(c.oid)::float8 AS bytes, c.relpages AS pages, c.reltuples::float8 AS entries, ${FILL('c', 90)} AS fill,
  coalesce(s.idx_scan, 0)::float8 AS reads, string_to_array(i.indkey::text, ' ')::int[] AS columns,
  (i.indisunique OR i.indisexclusion OR i.indisreplident OR i.indisclustered OR NOT i.indisvalid
    OR EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid) OR EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = c.oid)) AS "isNeeded",
  EXISTS (SELECT FROM pg_constraint k WHERE k.contype = 'f' AND k.conrelid = i.indrelid
    AND k.conkey <@ (string_to_array(i.indkey::text, ' ')::int2[])[1:cardinality(k.conkey)]) AS "servesReference",
  i.indpred IS NOT NULL AS "isPartial"
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_stat_user_indexes s ON s.indexrelid = c.oid
WHERE c.relkind = 'i' AND ${OWN_SCHEMAS} ORDER BY 3`

const FACTS = `
SELECT coalesce((SELECT stats_reset FROM pg_stat_database WHERE datname = current_database()), pg_postmaster_start_time()) AS since,
  coalesce(has_function_privilege(to_regprocedure('pgstattuple_approx(regclass)'), 'execute')
    AND has_function_privilege(to_regprocedure('pgstatindex(regclass)'), 'execute'), false) AS pages`

export async function readShape(query: Query): Promise<DatabaseShape> {
  const columns = await query<ColumnShape & { tableOid: string } & Record<string, unknown>>(COLUMNS)
  const tables = await query<Omit<TableShape, 'columns'> & Record<string, unknown>>(TABLES)
  const indexes = await query<IndexShape & Record<string, unknown>>(INDEXES)
  const [facts] = await query<{ since: Date; pages: boolean }>(FACTS)
  const columnsOf = Map.groupBy(columns, ({ tableOid }) => tableOid)
  return {
    tables: tables.map((table) => ({ ...table, columns: columnsOf.get(table.oid) ?? [] })),
    indexes,
    countedSince: new Date(facts?.since ?? 0),
    canReadPages: facts?.pages ?? false,
  }
}
