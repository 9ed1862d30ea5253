/** Hashes of rows, a column at a time. Equal rows (as SQL's GROUP BY sees them) have equal hashes. */
import { assert } from '@millrace/base'
import type { Lane } from '@millrace/sql'

const SEED = 0x2545f491
const NULL_HASH = 0x6b43a9b5

/** One hash per row over the given columns, as 32-bit integers that are never negative. */
export function hashRows(lanes: readonly Lane[], columns: readonly number[], count: number): Int32Array {
  const only = columns.length === 1 ? lanes[columns[0] as number] : undefined
  if (only !== undefined && only.nulls === null && only.layout === 'integer' && only.values instanceof Float64Array) {
    return hashKeys(only.values, count)
  }
  const hashes = new Int32Array(count).fill(SEED)
  for (const column of columns) {
    const lane = lanes[column]
    assert(lane !== undefined, 'a hashed column exists')
    addLane(hashes, lane, count)
  }
  for (let row = 0; row < count; row += 1) hashes[row] = finished(hashes[row] as number)
  return hashes
}

/** The same for one column of whole numbers, by far the most common key, in one pass. */
function hashKeys(values: Float64Array, count: number): Int32Array {
  const hashes = new Int32Array(count)
  for (let row = 0; row < count; row += 1) hashes[row] = finished(mix(SEED, hashWhole(values[row] as number)))
  return hashes
}

function addLane(hashes: Int32Array, lane: Lane, count: number): void {
  const { values, nulls } = lane
  const before = nulls === null ? null : hashes.slice(0, count)
  if (values instanceof Float64Array) {
    if (lane.layout === 'float') addFloats(hashes, values, count)
    else addWholes(hashes, values, count)
  } else if (values instanceof Uint8Array) addFlags(hashes, values, count)
  else if (lane.layout === 'text') addTexts(hashes, values as string[], count)
  else if (lane.layout === 'bytes') addBytes(hashes, values as Uint8Array[], count)
  else addMixed(hashes, values as (number | bigint)[], count)
  if (nulls !== null && before !== null) markNulls(hashes, before, nulls)
}

/** What stands in the place of a NULL means nothing and must not enter the hash. */
function markNulls(hashes: Int32Array, before: Int32Array, nulls: Uint8Array): void {
  for (let row = 0; row < before.length; row += 1) if (nulls[row] === 1) hashes[row] = mix(before[row] as number, NULL_HASH)
}

function addWholes(hashes: Int32Array, values: Float64Array, count: number): void {
  for (let row = 0; row < count; row += 1) hashes[row] = mix(hashes[row] as number, hashWhole(values[row] as number))
}

function addMixed(hashes: Int32Array, values: readonly (number | bigint)[], count: number): void {
  for (let row = 0; row < count; row += 1) {
    const value = values[row] as number | bigint
    hashes[row] = mix(hashes[row] as number, typeof value === 'number' ? hashWhole(value) : hashWide(value))
  }
}

const FLOAT = new Float64Array(1)
const HALVES = new Int32Array(FLOAT.buffer)

function addFloats(hashes: Int32Array, values: Float64Array, count: number): void {
  for (let row = 0; row < count; row += 1) {
    const value = values[row] as number
    // One zero and one NaN, because they are equal in SQL.
    FLOAT[0] = value === 0 ? 0 : value !== value ? Number.NaN : value
    hashes[row] = mix(hashes[row] as number, (HALVES[0] as number) ^ Math.imul(HALVES[1] as number, 0x9e3779b1))
  }
}

function addFlags(hashes: Int32Array, values: Uint8Array, count: number): void {
  for (let row = 0; row < count; row += 1) hashes[row] = mix(hashes[row] as number, (values[row] as number) + 1)
}

function addTexts(hashes: Int32Array, values: readonly string[], count: number): void {
  for (let row = 0; row < count; row += 1) hashes[row] = mix(hashes[row] as number, hashText(values[row] as string))
}

function addBytes(hashes: Int32Array, values: readonly Uint8Array[], count: number): void {
  for (let row = 0; row < count; row += 1) {
    let hash = 17
    for (const byte of values[row] as Uint8Array) hash = (Math.imul(hash, 31) + byte) | 0
    hashes[row] = mix(hashes[row] as number, hash)
  }
}

function hashWhole(value: number): number {
  const low = value | 0
  return low === value ? low : low ^ Math.imul(Math.floor(value / 4_294_967_296) | 0, 0x9e3779b1)
}

function hashWide(value: bigint): number {
  return Number(BigInt.asIntN(32, value)) ^ Math.imul(Number(BigInt.asIntN(32, value >> 32n)), 0x9e3779b1)
}

function hashText(value: string): number {
  let hash = value.length
  for (let at = 0; at < value.length; at += 1) hash = (Math.imul(hash, 31) + value.charCodeAt(at)) | 0
  return hash
}

function mix(hash: number, part: number): number {
  let mixed = Math.imul(part, 0xcc9e2d51)
  mixed = (mixed << 15) | (mixed >>> 17)
  mixed = hash ^ Math.imul(mixed, 0x1b873593)
  mixed = (mixed << 13) | (mixed >>> 19)
  return (Math.imul(mixed, 5) + 0xe6546b64) | 0
}

/** The last mixing of MurmurHash3, so that every bit of the key reaches the low bits. */
function finished(hash: number): number {
  let mixed = hash ^ (hash >>> 16)
  mixed = Math.imul(mixed, 0x85ebca6b)
  mixed ^= mixed >>> 13
  mixed = Math.imul(mixed, 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) & 0x7fffffff
}
