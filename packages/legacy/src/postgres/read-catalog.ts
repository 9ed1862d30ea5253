/**
 * Reads a database's views and what they rest on, in one snapshot and without writing: functions whose
 * body is text are bound by Postgres itself in a temporary schema of a transaction that is rolled back.
 */
import { describeError } from '@millrace/base'
import type pg from 'pg'
import { isNode, type NodeValue, parseNodeTree, type PgNode } from './node-tree.ts'

export interface CatalogColumn {
  readonly name: string
  readonly type: number
  readonly typmod: number
  readonly notNull: boolean
  /** The greatest number of digits after the point in a `numeric` that states none; 0 for every other type. */
  readonly scale: number
}

export interface CatalogRelation {
  readonly oid: number
  readonly schema: string
  readonly name: string
  readonly kind: 'table' | 'view' | 'materialized view'
  readonly comment: string | null
  /** By their number less one; null where a column was dropped. */
  readonly columns: readonly (CatalogColumn | null)[]
  /** What the view says, as Postgres prints it; null of a table. */
  readonly definition: string | null
  /** The bound query, as text: parsed when it is needed, for it is large. */
  readonly tree: string | null
}

export interface CatalogFunction {
  readonly oid: number
  readonly schema: string
  readonly name: string
  /** The internal name of what Postgres brings, the body of others. */
  readonly source: string
  readonly language: string
  readonly isBuiltIn: boolean
  readonly isStrict: boolean
  readonly isVolatile: boolean
  readonly returnsSet: boolean
  readonly extension: string | null
  readonly argumentTypes: readonly number[]
  /** What the last of its arguments are where a call leaves them out. */
  readonly defaults: readonly PgNode[]
  readonly outputNames: readonly string[]
}

export interface CatalogOperator {
  readonly name: string
  readonly left: number
  readonly right: number
}

export interface Catalog {
  readonly relations: ReadonlyMap<number, CatalogRelation>
  readonly functions: ReadonlyMap<number, CatalogFunction>
  readonly operators: ReadonlyMap<number, CatalogOperator>
  readonly types: ReadonlyMap<number, string>
  /** Collations that order text by its bytes. */
  readonly binaryCollations: ReadonlySet<number>
  readonly timeZone: string
  /** Whether only the letters of ASCII have a case in the database. */
  readonly hasAsciiCase: boolean
  /** A function's bound body, or why Postgres could not bind it. */
  bodyOf(oid: number): PgNode | string
}

type Rows = readonly Record<string, unknown>[]

const RELATIONS = `
  select c.oid::int8::text as oid, n.nspname as schema, c.relname as name, c.relkind as kind, obj_description(c.oid, 'pg_class') as comment,
    case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid, true) end as definition,
    r.ev_action::text as tree,
    (select json_agg(json_build_array(a.attname, a.atttypid::int8, a.atttypmod, a.attnotnull, a.attisdropped) order by a.attnum)
     from pg_attribute a where a.attrelid = c.oid and a.attnum > 0) as columns
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  left join pg_rewrite r on r.ev_class = c.oid and r.rulename = '_RETURN'
  where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname not in ('information_schema') and n.nspname !~ '^pg_'
  order by c.oid`

const FUNCTIONS = `
  select p.oid::int8::text as oid, n.nspname as schema, p.proname as name, p.prosrc as source, l.lanname as language,
    n.nspname = 'pg_catalog' as built_in, p.proisstrict as strict, p.provolatile = 'v' as volatile, p.proretset as set,
    array_to_json(p.proargtypes::int8[]) as arguments, to_jsonb(p) ->> 'prosqlbody' as body, p.proargdefaults::text as defaults,
    (select e.extname from pg_depend d join pg_extension e on e.oid = d.refobjid
     where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e' limit 1) as extension,
    coalesce((select json_agg(coalesce(a.name, '') order by a.at) from unnest(p.proargnames, p.proargmodes) with ordinality a(name, mode, at)
      where a.mode in ('o', 't', 'b')), '[]') as outputs
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang
  where n.nspname !~ '^pg_(toast|temp)' and n.nspname <> 'information_schema'`

const OPERATORS = `select oid::int8::text as oid, oprname as name, oprleft::int8::text as left, oprright::int8::text as right from pg_operator`
const TYPES = `select oid::int8::text as oid, format_type(oid, null) as name from pg_type where typtype <> 'c' or typnamespace <> 'pg_catalog'::regnamespace`
/** 100 stands for the database's own. A provider that is not the system's has its locale elsewhere (from Postgres 15 on). */
const COLLATIONS = `
  select oid::int8::text as oid from pg_collation where collname in ('C', 'POSIX', 'ucs_basic', 'pg_c_utf8')
  union all
  select '100' from pg_database d where datname = current_database() and case coalesce(to_jsonb(d) ->> 'datlocprovider', 'c')
    when 'c' then datcollate in ('C', 'POSIX') or datcollate ~* '^C[.]utf-?8$'
    when 'b' then true
    else false end`

export async function readCatalog(client: pg.Client, ask: (sql: string) => Promise<Rows>): Promise<Catalog> {
  // A setting of the session must not change what the catalog prints.
  const [zone] = await ask(
    `select current_setting('TimeZone') as zone, datctype in ('C', 'POSIX') and coalesce(to_jsonb(d) ->> 'datlocprovider', 'c') = 'c' as ascii, current_setting('server_version_num')::integer >= 140000 as binds from pg_database d where datname = current_database()`,
  )
  const relations = new Map((await ask(RELATIONS)).map((row) => [Number(row['oid']), relationOf(row)] as const))
  await measureScales(relations, ask)
  const found = await ask(FUNCTIONS)
  const functions = new Map(found.map((row) => [Number(row['oid']), functionOf(row)] as const))
  const operators = (await ask(OPERATORS)).map((row) => [Number(row['oid']), operatorOf(row)] as const)
  const bodies = zone?.['binds'] === true ? await readBodies(client, found) : new Map<number, PgNode | string>()
  return {
    relations,
    functions,
    operators: new Map(operators),
    types: new Map((await ask(TYPES)).map((row) => [Number(row['oid']), String(row['name'])])),
    binaryCollations: new Set((await ask(COLLATIONS)).map((row) => Number(row['oid']))),
    timeZone: String(zone?.['zone']),
    hasAsciiCase: zone?.['ascii'] === true,
    bodyOf: (oid) => bodies.get(oid) ?? 'a server before Postgres 14 cannot tell its bound form',
  }
}

const KINDS: Readonly<Record<string, CatalogRelation['kind']>> = { v: 'view', m: 'materialized view' }

function relationOf(row: Record<string, unknown>): CatalogRelation {
  const columns = (row['columns'] ?? []) as readonly [string, number, number, boolean, boolean][]
  return {
    oid: Number(row['oid']),
    schema: String(row['schema']),
    name: String(row['name']),
    kind: KINDS[String(row['kind'])] ?? 'table',
    comment: row['comment'] as string | null,
    definition: row['definition'] as string | null,
    tree: row['tree'] as string | null,
    columns: columns.map(([name, type, typmod, notNull, isDropped]) => (isDropped ? null : { name, type, typmod, notNull, scale: 0 })),
  }
}

const NUMERIC = 1700
const SCALE_MAX = 20

/** A `numeric` without a scale holds any; what its rows hold now decides, with room for what may come. */
async function measureScales(relations: Map<number, CatalogRelation>, ask: (sql: string) => Promise<Rows>): Promise<void> {
  for (const [oid, relation] of relations) {
    const free = relation.columns.filter((column) => column !== null && column.type === NUMERIC && column.typmod < 0)
    if (relation.kind !== 'table' || free.length === 0) continue
    const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
    const list = free.map((column, at) => `coalesce(max(scale(${quoted(column?.name ?? '')})), 0) as s${at}`)
    const [row] = await ask(`select ${list.join(', ')} from ${quoted(relation.schema)}.${quoted(relation.name)}`)
    const scales = new Map(free.map((column, at) => [column?.name, Math.min(SCALE_MAX, Number(row?.[`s${at}`] ?? 0))]))
    const columns = relation.columns.map((column) => (column === null ? null : { ...column, scale: scales.get(column.name) ?? 0 }))
    relations.set(oid, { ...relation, columns })
  }
}

function functionOf(row: Record<string, unknown>): CatalogFunction {
  return {
    oid: Number(row['oid']),
    schema: String(row['schema']),
    name: String(row['name']),
    source: String(row['source']),
    language: String(row['language']),
    isBuiltIn: row['built_in'] === true,
    isStrict: row['strict'] === true,
    isVolatile: row['volatile'] === true,
    returnsSet: row['set'] === true,
    extension: row['extension'] as string | null,
    argumentTypes: ((row['arguments'] ?? []) as readonly number[]).map(Number),
    defaults: defaultsOf(row['defaults'] as string | null),
    outputNames: row['outputs'] as readonly string[],
  }
}

function defaultsOf(tree: string | null): readonly PgNode[] {
  const value = tree === null ? [] : parseNodeTree(tree)
  return Array.isArray(value) ? value.filter(isNode) : []
}

function operatorOf(row: Record<string, unknown>): CatalogOperator {
  return { name: String(row['name']), left: Number(row['left']), right: Number(row['right']) }
}

/** Every SQL function that the user made. One whose body is text is made again, bound, where nobody sees it. */
async function readBodies(client: pg.Client, rows: Rows): Promise<ReadonlyMap<number, PgNode | string>> {
  const bodies = new Map<number, PgNode | string>()
  const own = rows.filter((row) => row['language'] === 'sql' && row['built_in'] !== true)
  for (const row of own) {
    const oid = Number(row['oid'])
    const bound = row['body'] as string | null
    try {
      bodies.set(oid, queryOf(parseNodeTree(bound ?? (await bindBody(client, oid)))))
    } catch (error) {
      bodies.set(oid, describeError(error))
    }
  }
  return bodies
}

async function bindBody(client: pg.Client, oid: number): Promise<string> {
  await client.query('savepoint body')
  try {
    const read = await client.query<{ arguments: string; result: string; body: string }>(
      'select pg_get_function_arguments($1) as arguments, pg_get_function_result($1) as result, prosrc as body from pg_proc where oid = $1',
      [oid],
    )
    const { arguments: given, result, body } = read.rows[0] ?? { arguments: '', result: '', body: '' }
    const statement = body.trim().replace(/;\s*$/, '')
    await client.query(`create function pg_temp.bound(${given}) returns ${result} language sql begin atomic ${statement}; end`)
    const made = await client.query<{ body: string }>("select prosqlbody::text as body from pg_proc where oid = 'pg_temp.bound'::regproc")
    return made.rows[0]?.body ?? ''
  } finally {
    await client.query('rollback to savepoint body')
  }
}

/** A body is one query, or a list with one: of several, only the last would be the answer, and that is not translated. */
function queryOf(value: NodeValue): PgNode | string {
  if (isNode(value)) return value
  const all = Array.isArray(value) ? value.flat(2).filter(isNode) : []
  return all.length === 1 ? (all[0] as PgNode) : 'it has several statements'
}
