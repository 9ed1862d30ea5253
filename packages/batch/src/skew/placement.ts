/** Which shard each engine puts a row on, by its key. */
import type { Column, Type, Value } from '@millrace/core'
import { valueToText } from '@millrace/core'
import { hashBytes, NO_SEED } from './lookup3.ts'
import { murmur2 } from './murmur2.ts'
import { murmur3Bytes, murmur3Long, murmur3Word, SPARK_SEED } from './murmur3.ts'
import { postgresHashOf, type ValueHash } from './postgres-hash.ts'

export const ENGINES = ['postgres', 'citus', 'redshift', 'spark', 'kafka'] as const
export type ShardEngine = (typeof ENGINES)[number]

export type Key = readonly Value[]

export interface Placement {
  readonly engine: ShardEngine
  readonly shards: number
  /** False where the engine does not publish its hash: keys are spread as by any good one. */
  readonly exact: boolean
  readonly shardOf: (key: Key) => number
}

export interface PlacementRequest {
  readonly engine: ShardEngine
  readonly columns: readonly Pick<Column, 'type'>[]
  readonly shards: number
}

/** Null where the engine cannot spread by columns of these types, or by so many of them. */
export function placementOf(request: PlacementRequest): Placement | null {
  const shardOf = PLACED[request.engine](
    request.columns.map(({ type }) => type),
    request.shards,
  )
  return shardOf === null ? null : { engine: request.engine, shards: request.shards, exact: request.engine !== 'redshift', shardOf }
}

type Placed = (types: readonly Type[], shards: number) => ((key: Key) => number) | null

const PLACED: Readonly<Record<ShardEngine, Placed>> = {
  postgres: byPostgres,
  citus: byCitus,
  redshift: (types, shards) => (types.length === 1 ? byText(types, (bytes) => hashBytes(bytes, NO_SEED).low % shards) : null),
  spark: bySpark,
  kafka: (types, shards) => byText(types, (bytes) => (murmur2(bytes) & 0x7fff_ffff) % shards),
}

const PARTITION_SEED = { high: 0x7a5b2236, low: 0x7996dcfd }
const COMBINE = { high: 0x49a0_f4dd, low: 0x15e5_a8e3 }
const WORD = 2 ** 32

/**
 * PARTITION BY HASH: the hashes of the columns, NULLs left out, one into the other, in 64 bits: `row ^= hash + COMBINE +
 * (row << 54) + (row >> 7)`. In halves, because whole numbers of that width take many times as long.
 */
function byPostgres(types: readonly Type[], shards: number): ((key: Key) => number) | null {
  const hashes = hashesOf(types)
  if (hashes === null) return null
  const word = WORD % shards
  return (key) => {
    let high = 0
    let low = 0
    for (let at = 0; at < key.length; at += 1) {
      const value = key[at]
      if (value === null || value === undefined) continue
      const hash = (hashes[at] as ValueHash)(value, PARTITION_SEED)
      const lows = hash.low + COMBINE.low + (((low >>> 7) | (high << 25)) >>> 0)
      const highs = hash.high + COMBINE.high + ((low << 22) >>> 0) + (high >>> 7) + Math.floor(lows / WORD)
      high = (high ^ highs) >>> 0
      low = (low ^ lows) >>> 0
    }
    return ((high % shards) * word + (low % shards)) % shards
  }
}

/** One distribution column, whose hashes of 32 bits are cut into even ranges. */
function byCitus(types: readonly Type[], shards: number): ((key: Key) => number) | null {
  const hashes = types.length === 1 ? hashesOf(types) : null
  if (hashes === null) return null
  const range = Math.floor(2 ** 32 / shards)
  return ([value]) => {
    if (value === null || value === undefined) return 0
    const signed = (hashes[0] as ValueHash)(value, NO_SEED).low | 0
    return Math.min(Math.floor((signed + 2 ** 31) / range), shards - 1)
  }
}

function hashesOf(types: readonly Type[]): readonly ValueHash[] | null {
  const hashes = types.map(postgresHashOf)
  return hashes.every((hash) => hash !== null) ? hashes : null
}

type ChainedHash = (value: Exclude<Value, null>, seed: number) => number

/** repartition(n, columns): a NULL leaves the hash as it was. */
function bySpark(types: readonly Type[], shards: number): ((key: Key) => number) | null {
  const hashes = types.map(sparkHashOf)
  if (!hashes.every((hash) => hash !== null)) return null
  return (key) => {
    let hash = SPARK_SEED
    for (const [at, value] of key.entries()) if (value !== null) hash = (hashes[at] as ChainedHash)(value, hash)
    return ((hash % shards) + shards) % shards
  }
}

const encoder = new TextEncoder()
/** A decimal of up to 18 digits is hashed as its unscaled number, a wider one as that number's bytes. */
const LONG_DIGITS = 18

function sparkHashOf(type: Type): ChainedHash | null {
  switch (type.kind) {
    case 'int8':
    case 'int16':
    case 'int32':
    case 'uint8':
    case 'uint16':
    case 'date':
      return (value, seed) => murmur3Word(Number(value), seed)
    case 'boolean':
      return (value, seed) => murmur3Word(value === true ? 1 : 0, seed)
    case 'uint32':
    case 'int64':
    case 'timestamp':
    case 'timestamptz':
      return (value, seed) => murmur3Long(BigInt(value as number | bigint), seed)
    case 'decimal':
      return type.width > LONG_DIGITS ? null : (value, seed) => murmur3Long(BigInt(value as number | bigint), seed)
    case 'float64':
      return (value, seed) => murmur3Long(bitsOf(value as number), seed)
    case 'text':
    case 'uuid':
    case 'enum':
      return (value, seed) => murmur3Bytes(encoder.encode(value as string), seed)
    case 'bytes':
      return (value, seed) => murmur3Bytes(value as Uint8Array, seed)
    default:
      return null
  }
}

function bitsOf(value: number): bigint {
  // Spark takes -0.0 for 0.0.
  return new BigInt64Array(new Float64Array([value === 0 ? 0 : value]).buffer)[0] as bigint
}

/** The key as text: of one column its value, of several a JSON array of theirs. */
function byText(types: readonly Type[], shardOf: (bytes: Uint8Array) => number): (key: Key) => number {
  const textOf = (value: Value | undefined, at: number): string | null =>
    value === null || value === undefined ? null : valueToText(types[at] as Type, value)
  return (key) => {
    const texts = key.map(textOf)
    return shardOf(encoder.encode(texts.length === 1 ? (texts[0] ?? '') : JSON.stringify(texts)))
  }
}
