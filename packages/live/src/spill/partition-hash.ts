/**
 * By which bits of its key a row's part of the state is chosen. The upper bits are the same for whole numbers
 * that lie near each other: rows that were made at about the same time, and so change at about the same time,
 * share a part, and what is old is left alone in others. The lower bits tell all keys apart.
 */
import type { Lane } from '@millrace/sql'
import { hashRows } from '../zset/row-hash.ts'

/** Whole numbers of one block have the same upper bits. */
const BLOCK = 16_384
/** How many bits a hash has. */
export const HASH_BITS = 31
const FINE_BITS = 16

/** `hashes`: of the same columns, as `hashRows` makes them. */
export function partitionHashes(lanes: readonly Lane[], columns: readonly number[], hashes: Int32Array): Int32Array {
  const count = hashes.length
  if (count === 0) return hashes
  const coarse = hashRows(
    columns.map((column) => blocks(lanes[column] as Lane, count)),
    columns.map((_, at) => at),
    count,
  )
  const fineMask = (1 << FINE_BITS) - 1
  // Of the fine hash the upper bits: the lower ones place a row within its part's index.
  for (let row = 0; row < count; row += 1) {
    const fine = ((hashes[row] as number) >>> (HASH_BITS - FINE_BITS)) & fineMask
    coarse[row] = (((coarse[row] as number) << FINE_BITS) & 0x7fffffff) | fine
  }
  return coarse
}

function blocks(lane: Lane, count: number): Lane {
  const { layout, values, nulls } = lane
  if (layout !== 'integer') return lane
  const blocked = new Array<number | bigint>(count)
  const numbers = values as ArrayLike<number | bigint>
  for (let row = 0; row < count; row += 1) {
    const value = numbers[row] as number | bigint
    blocked[row] = typeof value === 'number' ? Math.floor(value / BLOCK) : value
  }
  if (blocked.some((value) => typeof value === 'bigint')) return { layout, values: blocked, nulls }
  return { layout, values: Float64Array.from(blocked as number[]), nulls }
}
