/** How the keys of one relation would spread its rows over shards, and what that does to the models that use them. */
import type { DuckDBConnection } from '@duckdb/node-api'
import { type Column, type JsonValue, type Schema, valueToJson } from '@millrace/core'
import { relationName } from '@millrace/sql'
import { countKeys, guessDistinct, type KeyCounts } from './key-counts.ts'
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
  readonly salt: (Salt & { readonly keys: readonly (readonly JsonValue[])[] }) | null
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
  const { relation, engine, shards } = request
  const own = { ...request, uses: request.uses.filter((use) => use.relation === relation.name) }
  const count = counter(request.connection)
  const keys: KeyReport[] = []
  const tried = new Map<string, KeyCounts>()
  let rows = 0
  for (const columns of await keysToTry(own)) {
    const placement = placementOf({ engine, columns, shards })
    const counts = await count(relation.name, columns)
    tried.set(nameOf(columns), counts)
    rows = counts.rows
    if (placement !== null) keys.push(...reportsOf(own, counts, placement))
  }
  keys.sort((one, other) => one.cost - other.cost || Number(one.salt !== null) - Number(other.salt !== null))
  const uses: UseReport[] = []
  for (const use of own.uses) {
    const counts = tried.get(nameOf(use.columns.map((name) => ({ name }))))
    if (counts !== undefined) uses.push(await useReport({ ...own, count }, use, counts))
  }
  return { relation: relation.name, rows, engine, shards, keys, uses }
}

type Count = (relation: string, columns: readonly Column[]) => Promise<KeyCounts>

/** Counts each key once, however many joins have it on their other side. */
function counter(connection: DuckDBConnection): Count {
  const counted = new Map<string, Promise<KeyCounts>>()
  return (relation, columns) => {
    const name = `${relation} ${nameOf(columns)}`
    const known = counted.get(name) ?? countKeys({ connection, relation: relationName(relation), columns })
    counted.set(name, known)
    return known
  }
}

/** Each key once: the declared one, those that models use, then the columns with the most values. */
async function keysToTry({ connection, relation, uses, keys, shards }: SkewRequest): Promise<readonly (readonly Column[])[]> {
  const { columns, key } = relation.schema
  const named = (name: string): Column | undefined => columns.find((column) => column.name.toLowerCase() === name.toLowerCase())
  const tried = new Map<string, readonly Column[]>()
  const tryKey = (wanted: readonly (Column | undefined)[]): void => {
    const known = wanted.filter((column) => column !== undefined)
    if (known.length === wanted.length && known.length > 0) tried.set(nameOf(known), known)
  }
  if (keys !== undefined) {
    for (const asked of keys) tryKey(asked.map(named))
    return [...tried.values()]
  }
  tryKey(key.map((at) => columns[at]))
  for (const use of uses) tryKey(use.columns.map(named))
  const guesses = await guessDistinct({ connection, relation: relationName(relation.name), columns })
  const promising = [...columns.keys()].filter((at) => (guesses[at] ?? 0) >= shards * VALUES_A_SHARD_LEAST)
  promising.sort((one, other) => (guesses[other] ?? 0) - (guesses[one] ?? 0))
  for (const at of promising.slice(0, COLUMNS_TRIED_MAX)) tryKey([columns[at]])
  return [...tried.values()]
}

function reportsOf(request: SkewRequest, counts: KeyCounts, placement: Placement): readonly KeyReport[] {
  const columns = counts.columns.map(({ name }) => name)
  const { uses } = request
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
  const reports: KeyReport[] = [{ ...common, salt: null, ...plain, cost: Math.max(...plain.loads) + moved }]
  const salted = isDivisible(request.relation.schema, columns) ? saltOf(counts, request) : null
  if (salted !== null && salted.slowest < plain.slowest) {
    const { hot, parts, loads, slowest } = salted
    const keys = counts.keys.slice(0, hot).map((key) => jsonOf(counts, key))
    reports.push({ ...common, salt: { hot, parts, keys }, loads, slowest, cost: Math.max(...loads) + moved })
  }
  return reports
}

/** A salt is taken from a column of the identity that differs between rows of one key. */
function isDivisible({ columns, key }: Schema, by: readonly string[]): boolean {
  return key.some((at) => !by.includes((columns[at] as Column).name))
}

function hotKey(counts: KeyCounts, key: KeyCounts['keys'][number], at: number): HotKey {
  const rows = counts.counts[at] as number
  return { key: jsonOf(counts, key), rows, share: rows / counts.rows }
}

function jsonOf({ columns }: KeyCounts, key: KeyCounts['keys'][number]): readonly JsonValue[] {
  return key.map((value, at) => valueToJson((columns[at] as Column).type, value))
}

async function useReport(request: SkewRequest & { readonly count: Count }, use: KeyUse, counts: KeyCounts): Promise<UseReport> {
  const { engine, shards, count } = request
  const placement = placementOf({ engine, columns: counts.columns, shards })
  const none = { rowsOut: null, hottestShare: null }
  if (placement === null) return { ...use, slowest: 1, ...none }
  const other = otherColumns(request, use)
  if (use.with === null || other === null) return { ...use, slowest: loadsOf(counts, placement).slowest, ...none }
  const { slowest, rowsOut, hottestShare } = joinLoads(counts, await count(use.with.relation, other), placement)
  return { ...use, slowest, rowsOut, hottestShare }
}

/** Null where the other side of a join is not there. */
function otherColumns({ schemaOf }: SkewRequest, { with: other }: KeyUse): readonly Column[] | null {
  const schema = other === null ? undefined : schemaOf(other.relation)
  const found = other?.columns.map((name) => schema?.columns.find((column) => column.name === name)) ?? []
  return found.length > 0 && found.every((column) => column !== undefined) ? found : null
}

function nameOf(columns: readonly { readonly name: string }[]): string {
  return JSON.stringify(columns.map(({ name }) => name))
}
