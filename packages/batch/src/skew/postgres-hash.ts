/**
 * The hash that Postgres gives a value of each type: with the seed of its hash partitions, or without one
 * as Citus uses it.
 */
import type { Type, Value } from '@millrace/core'
import { type Hash64, hashBytes, hashWord } from './lookup3.ts'

export type ValueHash = (value: Exclude<Value, null>, seed: Hash64) => Hash64

const encoder = new TextEncoder()
/** Postgres counts days and microseconds from the year 2000. */
const DAYS_TO_2000 = 10_957
const MICROSECONDS_TO_2000 = 946_684_800_000_000n

/** Null for types whose hash depends on what we do not have, such as the numbers of an enum's members. */
export function postgresHashOf(type: Type): ValueHash | null {
  switch (type.kind) {
    case 'int8':
    case 'int16':
    case 'int32':
    case 'uint8':
    case 'uint16':
      return (value, seed) => hashWord(Number(value) | 0, seed)
    case 'uint32':
    case 'int64':
      return (value, seed) => hashLong(value as number | bigint, seed)
    case 'boolean':
      return (value, seed) => hashWord(value === true ? 1 : 0, seed)
    case 'date':
      return (value, seed) => hashWord((Number(value) - DAYS_TO_2000) | 0, seed)
    case 'time':
      return (value, seed) => hashLong(value as number | bigint, seed)
    case 'timestamp':
    case 'timestamptz':
      return (value, seed) => hashLong(BigInt(value as number | bigint) - MICROSECONDS_TO_2000, seed)
    case 'text':
      return (value, seed) => hashBytes(encoder.encode(value as string), seed)
    case 'bytes':
      return (value, seed) => hashBytes(value as Uint8Array, seed)
    case 'uuid':
      return (value, seed) => hashBytes(Buffer.from((value as string).replaceAll('-', ''), 'hex'), seed)
    case 'float32':
    case 'float64':
      return hashFloat
    case 'decimal':
      return (value, seed) => hashNumeric(BigInt(value as number | bigint), type.scale, seed)
    case 'hugeint':
    case 'uint64':
      return (value, seed) => hashNumeric(BigInt(value as number | bigint), 0, seed)
    default:
      return null
  }
}

/** Equal numbers hash alike whether they are held in 32 or 64 bits. */
function hashLong(value: number | bigint, seed: Hash64): Hash64 {
  if (typeof value === 'number') {
    const high = Math.floor(value / 2 ** 32)
    return hashWord(value ^ (value >= 0 ? high : ~high), seed)
  }
  const low = Number(BigInt.asIntN(32, value))
  const high = Number(BigInt.asIntN(32, value >> 32n))
  return hashWord(low ^ (value >= 0n ? high : ~high), seed)
}

function hashFloat(value: Exclude<Value, null>, seed: Hash64): Hash64 {
  if (value === 0) return seed
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setFloat64(0, value as number, true)
  return hashBytes(bytes, seed)
}

/** A numeric is digits to the base of 10,000, without the zeros at either end, and the weight of the first. */
function hashNumeric(unscaled: bigint, scale: number, seed: Hash64): Hash64 {
  if (unscaled === 0n) return minusOne(seed)
  const digits: number[] = []
  const behind = Math.ceil(scale / 4)
  let rest = (unscaled < 0n ? -unscaled : unscaled) * 10n ** BigInt(behind * 4 - scale)
  for (; rest > 0n; rest /= 10_000n) digits.unshift(Number(rest % 10_000n))
  const weight = digits.length - behind - 1
  while (digits.at(-1) === 0) digits.pop()
  const bytes = new Uint8Array(new Uint16Array(digits).buffer)
  const { high, low } = hashBytes(bytes, seed)
  // The weight is a signed number, so a negative one reaches the high half too.
  return { high: (high ^ (weight < 0 ? -1 : 0)) >>> 0, low: (low ^ weight) >>> 0 }
}

function minusOne({ high, low }: Hash64): Hash64 {
  return low === 0 ? { high: (high - 1) >>> 0, low: 0xffff_ffff } : { high, low: (low - 1) >>> 0 }
}
