/** What N shards would each hold, by a key, before and after frequent keys are salted. */
import type { Column, Value } from '@millrace/core'
import type { JoinCounts, KeyCounts, KeySpread } from './count-tables.ts'
import { type Key, type Placement, placementOf, type ShardEngine } from './placement.ts'

export interface ShardLoads {
  /** Rows per shard. */
  readonly loads: readonly number[]
  /** The fullest shard's rows over an even share: 1 is perfect, the number of shards the worst. */
  readonly slowest: number
}

export function loadsOf(counts: KeyCounts, placement: Placement): ShardLoads {
  const loads = evenly(counts, placement.shards)
  for (const [at, key] of counts.keys.entries()) add(loads, placement.shardOf(key), counts.counts[at] as number)
  return shardLoads(loads)
}

export interface Salt {
  /** Keys that are cut into parts, the most frequent first: so many of `KeyCounts.keys`. */
  readonly hot: number
  /** Into how many parts each is cut. */
  readonly parts: number
}

export interface Salted extends Salt {
  readonly loads: readonly number[]
  readonly slowest: number
}

/** A key is worth cutting where it alone is this much of an even share. */
const HOT_SHARE = 0.1
/** Above this the fullest shard holds the others up. */
export const UNEVEN = 1.25
/** So many standard deviations above an even share no shard is. */
const DEVIATIONS = 5

/** Whether the values are so many, and so rare, that any good hash spreads them evenly: then none need be placed. */
export function isSurelyEven({ rows, squares }: KeySpread, shards: number): boolean {
  return rows === 0 || 1 + (DEVIATIONS * Math.sqrt(squares * (shards - 1))) / rows <= UNEVEN
}

/** So even is even enough; more parts only cost those who read them. */
const EVEN_ENOUGH = 1.1
const PARTS_MAX = 1024
/** More frequent keys than this are not named one by one in a statement. */
const HOT_KEYS_MAX = 100

/** The least salt that makes the shards even, or the best there is; null where no key is worth cutting, or the engine spreads by one column only. */
export function saltOf(counts: KeyCounts, { engine, shards }: { engine: ShardEngine; shards: number }): Salted | null {
  const share = counts.rows / shards
  const hot = Math.min(counts.counts.filter((count) => count > share * HOT_SHARE).length, HOT_KEYS_MAX)
  const placement = placementOf({ engine, columns: [...counts.columns, SALT], shards })
  if (hot === 0 || placement === null) return null
  const cold = coldLoads(counts, placement, hot)
  let best: Salted | null = null
  for (let parts = 2; parts <= Math.min(PARTS_MAX, shards * 8); parts *= 2) {
    const loads = saltedLoads({ counts, placement, cold }, { hot, parts })
    if (best === null || loads.slowest < best.slowest * 0.98) best = { hot, parts, ...loads }
    if (best.slowest <= EVEN_ENOUGH) break
  }
  return best
}

const SALT = { name: 'salt', type: { kind: 'int32' }, nullable: false } as const

/** Of the keys that are not cut: their salt is 0, into however many parts the others are. */
function coldLoads(counts: KeyCounts, placement: Placement, hot: number): readonly number[] {
  const loads = evenly(counts, placement.shards)
  for (let at = hot; at < counts.keys.length; at += 1) {
    add(loads, placement.shardOf([...(counts.keys[at] as Key), 0]), counts.counts[at] as number)
  }
  return loads
}

interface Cut {
  readonly counts: KeyCounts
  readonly placement: Placement
  readonly cold: readonly number[]
}

function saltedLoads({ counts, placement, cold }: Cut, { hot, parts }: Salt): ShardLoads {
  const loads = [...cold]
  for (const [at, key] of counts.keys.slice(0, hot).entries()) {
    const rows = (counts.counts[at] as number) / parts
    for (let part = 0; part < parts; part += 1) add(loads, placement.shardOf([...key, part]), rows)
  }
  return shardLoads(loads)
}

/** Rare keys are many and small: a good hash spreads them evenly. */
function evenly({ restRows }: { readonly restRows: number }, shards: number): number[] {
  return Array.from({ length: shards }, () => restRows / shards)
}

function add(loads: number[], shard: number, rows: number): void {
  loads[shard] = (loads[shard] ?? 0) + rows
}

function shardLoads(loads: readonly number[]): ShardLoads {
  const total = loads.reduce((sum, load) => sum + load, 0)
  return { loads, slowest: total === 0 ? 1 : Math.max(...loads) / (total / loads.length) }
}

/** What a join by this key makes of the rows of both sides: the rows that come out, and the slowest shard's part. */
export interface JoinLoads extends ShardLoads {
  readonly rowsOut: number
  /** The part of the rows that come out for the one key with the most. */
  readonly hottestShare: number
}

export function joinLoads(joined: JoinCounts, placement: Placement): JoinLoads {
  const loads = evenly(joined, placement.shards)
  for (const { key, left, right, out } of joined.keys) add(loads, placement.shardOf(key), left + right + out)
  return joinedLoads(joined, loads)
}

/** The frequent keys of the left side are cut into parts, and the right side's rows of them go to each part. */
export function saltedJoinLoads(joined: JoinCounts, request: SaltedJoin): JoinLoads | null {
  const { engine, shards, columns, salt, hot } = request
  const placement = placementOf({ engine, columns: [...columns, SALT], shards })
  if (placement === null) return null
  const cut = new Set(hot.map(nameOf))
  const loads = evenly(joined, shards)
  for (const { key, left, right, out } of joined.keys) {
    const parts = cut.has(nameOf(key)) ? salt.parts : 1
    for (let part = 0; part < parts; part += 1) add(loads, placement.shardOf([...key, part]), (left + out) / parts + right)
  }
  return joinedLoads(joined, loads)
}

export interface SaltedJoin {
  readonly engine: ShardEngine
  readonly shards: number
  readonly columns: readonly Pick<Column, 'type'>[]
  readonly salt: Salt
  /** The keys that are cut. */
  readonly hot: readonly Key[]
}

function joinedLoads({ keys, rowsOut }: JoinCounts, loads: readonly number[]): JoinLoads {
  const hottest = keys.reduce((most, { out }) => Math.max(most, out), 0)
  return { ...shardLoads(loads), rowsOut, hottestShare: rowsOut === 0 ? 0 : hottest / rowsOut }
}

/** Equal keys have equal names, whatever holds their numbers. */
function nameOf(key: readonly Value[]): string {
  return JSON.stringify(key.map((value) => (value === null ? null : String(value))))
}
