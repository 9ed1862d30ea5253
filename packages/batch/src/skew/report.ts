/** How the keys of one relation would spread its rows over shards, and what that does to the models that use them. */
import type { DuckDBConnection } from '@duckdb/node-api'
import { type Column, type JsonValue, type Schema, valueToJson } from '@millrace/core'
import { relationName } from '@millrace/sql'
import { CountTables, guessDistinct, type KeyCounts, type RelationKey } from './count-tables.ts'
import { dividerOf } from './divider.ts'
import { type Placement, placementOf, type ShardEngine } from './placement.ts'
import { joinLoads, loadsOf, type Salt, saltOf } from './shard-loads.ts'
import type { KeyUse } from './uses.ts'

export interface SkewRequest {
  readonly connection: DuckDBConnection
  /** Loaded into the connection, as are those that `uses` joins it with. */
  readonly relation: RelationShape
  readonly schemaOf: (relation: string) => Schema | undefined
  readonly uses: readonly KeyUse[]
  /** Only these keys; default: the declared one, those in use, and columns with enough values. */
  readonly keys?: readonly (readonly string[])[] | undefined
  readonly engine: ShardEngine
  readonly shards: number
  /** So many of the most frequent keys are told. */
  readonly top: number
  /** What was counted already. Default: nothing. */
  readonly tables?: CountTables
}

export interface RelationShape {
  readonly name: string
  readonly schema: Schema
}

export interface SkewReport {
  readonly relation: string
  readonly rows: number
  readonly engine: ShardEngine
  readonly shards: number
  /** Keys, plain and salted, the best first. */
  readonly keys: readonly KeyReport[]
  readonly uses: readonly UseReport[]
}

export interface KeyReport {
  readonly columns: readonly string[]
  readonly salt: SaltReport | null
  readonly distinct: number
  readonly nullRows: number
  readonly hottest: readonly HotKey[]
  /** Rows per shard. */
  readonly loads: readonly number[]
  /** The fullest shard over an even share. */
  readonly slowest: number
  /** False where the engine's own hash is not known. */
  readonly exact: boolean
  /** Models that find their rows together under this key, and need not move them. */
  readonly serves: readonly string[]
  /** Rows that the fullest shard holds and that each shard must send elsewhere for the models that it does not serve. */
  readonly cost: number
}

export interface SaltReport extends Salt {
  readonly keys: readonly (readonly JsonValue[])[]
  /** The column of which the part is made. */
  readonly by: string
}

export interface HotKey {
  readonly key: readonly JsonValue[]
  readonly rows: number
  readonly share: number
}

export interface UseReport extends KeyUse {
  /** The slowest shard's work over an even share, where rows lie by this key. */
  readonly slowest: number
  /** Of a join whose two sides are known. */
  readonly rowsOut: number | null
  readonly hottestShare: number | null
}

/** Columns beyond these are not tried, unless asked for: each costs a reading of the relation. */
const COLUMNS_TRIED_MAX = 12
/** A key with fewer values than shards leaves some of them empty. */
const VALUES_A_SHARD_LEAST = 2

export async function skewOf(request: SkewRequest): Promise<SkewReport> {
  const { tables } = request
  if (tables !== undefined) return reportOf({ ...request, tables })
  const own = new CountTables(request.connection)
  try {
    return await reportOf({ ...request, tables: own })
  } finally {
    await own.close()
  }
}

async function reportOf(request: Counting): Promise<SkewReport> {
  const { relation, engine, shards } = request
  const own = { ...request, uses: request.uses.filter((use) => use.relation === relation.name) }
  const { keys, tried, rows } = await rankKeys(own)
  const uses: UseReport[] = []
  for (const use of own.uses) {
    const name = nameOf(use.columns)
    const columns = tried.get(name)
    const alone = keys.find((key) => key.salt === null && nameOf(key.columns) === name)
    if (columns !== undefined) uses.push(await useReport(own, { use, columns, slowest: alone?.slowest ?? 1 }))
  }
  return { relation: relation.name, rows, engine, shards, keys, uses }
}

type Counting = SkewRequest & { readonly tables: CountTables }
type KeyRequest = Pick<SkewRequest, 'connection' | 'relation' | 'uses' | 'engine' | 'shards' | 'top'>

export type RankRequest = Omit<Counting, 'schemaOf'>

export interface RankedKeys {
  /** The best first. */
  readonly keys: readonly KeyReport[]
  readonly tried: ReadonlyMap<string, readonly Column[]>
  readonly rows: number
}

/** Of uses of the relation only. */
export async function rankKeys(request: RankRequest): Promise<RankedKeys> {
  const { relation, engine, shards, tables } = request
  const keys: KeyReport[] = []
  const tried = await keysToTry(request)
  let rows = 0
  for (const columns of tried.values()) {
    const placement = placementOf({ engine, columns, shards })
    const counts = await tables.counts(keyOf(relation.name, columns))
    rows = counts.rows
    if (placement !== null) keys.push(...(await reportsOf(request, counts, placement)))
  }
  keys.sort((one, other) => one.cost - other.cost || Number(one.salt !== null) - Number(other.salt !== null))
  return { keys, tried, rows }
}

export function keyOf(relation: string, columns: readonly Column[]): RelationKey {
  return { relation: relationName(relation), columns }
}

/** Each key once: the declared one, those that models use, then the columns with the most values. */
async function keysToTry({ connection, relation, uses, keys, shards }: RankRequest): Promise<ReadonlyMap<string, readonly Column[]>> {
  const { columns, key } = relation.schema
  const named = (name: string): Column | undefined => columns.find((column) => column.name.toLowerCase() === name.toLowerCase())
  const tried = new Map<string, readonly Column[]>()
  const tryKey = (wanted: readonly (Column | undefined)[]): void => {
    const known = wanted.filter((column) => column !== undefined)
    if (known.length === wanted.length && known.length > 0) tried.set(nameOf(known.map(({ name }) => name)), known)
  }
  if (keys !== undefined) {
    for (const asked of keys) tryKey(asked.map(named))
    return tried
  }
  tryKey(key.map((at) => columns[at]))
  for (const use of uses) tryKey(use.columns.map(named))
  const guesses = await guessDistinct(connection, keyOf(relation.name, columns))
  const promising = [...columns.keys()].filter((at) => (guesses[at] ?? 0) >= shards * VALUES_A_SHARD_LEAST)
  promising.sort((one, other) => (guesses[other] ?? 0) - (guesses[one] ?? 0))
  for (const at of promising.slice(0, COLUMNS_TRIED_MAX)) tryKey([columns[at]])
  return tried
}

/** By the key alone, and with a salt where that makes the shards more even. */
export async function reportsOf(request: KeyRequest, counts: KeyCounts, placement: Placement): Promise<readonly KeyReport[]> {
  const columns = counts.columns.map(({ name }) => name)
  const { uses, connection, relation } = request
  const isServed = (use: KeyUse): boolean => columns.every((column) => use.columns.includes(column))
  const moved = (uses.filter((use) => !isServed(use)).length * counts.rows) / request.shards
  const common = {
    columns,
    distinct: counts.distinct,
    nullRows: counts.nullRows,
    hottest: counts.keys.slice(0, request.top).map((key, at) => hotKey(counts, key, at)),
    exact: placement.exact,
    serves: [...new Set(uses.filter(isServed).map(({ model }) => model))],
  }
  const plain = loadsOf(counts, placement)
  const reports: readonly KeyReport[] = [{ ...common, salt: null, ...plain, cost: Math.max(...plain.loads) + moved }]
  const salted = saltOf(counts, request)
  if (salted === null || salted.slowest >= plain.slowest) return reports
  const divider = await dividerOf(connection, { relation: relationName(relation.name), schema: relation.schema }, counts)
  if (divider === null) return reports
  const { hot, parts, loads, slowest } = salted
  const keys = counts.keys.slice(0, hot).map((key) => jsonOf(counts, key))
  const salt = { hot, parts, keys, by: divider.name }
  return [...reports, { ...common, salt, loads, slowest, cost: Math.max(...loads) + moved }]
}

function hotKey(counts: KeyCounts, key: KeyCounts['keys'][number], at: number): HotKey {
  const rows = counts.counts[at] as number
  return { key: jsonOf(counts, key), rows, share: rows / counts.rows }
}

function jsonOf({ columns }: KeyCounts, key: KeyCounts['keys'][number]): readonly JsonValue[] {
  return key.map((value, at) => valueToJson((columns[at] as Column).type, value))
}

interface MeasuredUse {
  readonly use: KeyUse
  readonly columns: readonly Column[]
  /** Where its rows lie by this key alone. */
  readonly slowest: number
}

async function useReport(request: Counting, { use, columns, slowest: alone }: MeasuredUse): Promise<UseReport> {
  const { engine, shards, tables, relation } = request
  const placement = placementOf({ engine, columns, shards })
  const other = otherColumns(request, use)
  if (placement === null || use.with === null || other === null) return { ...use, slowest: alone, rowsOut: null, hottestShare: null }
  const joined = await tables.joined(keyOf(relation.name, columns), keyOf(use.with.relation, other), use.with.yields)
  const { slowest, rowsOut, hottestShare } = joinLoads(joined, placement)
  return { ...use, slowest, rowsOut, hottestShare }
}

/** Null where the other side of a join is not there. */
export function otherColumns({ schemaOf }: Pick<SkewRequest, 'schemaOf'>, { with: other }: KeyUse): readonly Column[] | null {
  const schema = other === null ? undefined : schemaOf(other.relation)
  const found = other?.columns.map((name) => schema?.columns.find((column) => column.name === name)) ?? []
  return found.length > 0 && found.every((column) => column !== undefined) ? found : null
}

function nameOf(columns: readonly string[]): string {
  return JSON.stringify(columns)
}
