/** Deals the rows of a relation's change to shards. */
import { assert } from '@millrace/base'
import type { Lane } from '@millrace/sql'
import type { RelationChange } from '../operator/operator.ts'
import { hashRows } from '../zset/row-hash.ts'
import { gatherBatch, type ZBatch } from '../zset/z-batch.ts'
import type { Exchange } from './exchange.ts'

/** One batch for each shard, of memory of its own. Equal keys, as SQL's GROUP BY sees them, come to the same shard. */
export function dealRows(change: RelationChange, { columns, key }: Exchange, shards: number): readonly ZBatch[] {
  const { batch } = change
  const laneOf = (column: string): Lane => {
    const lane = batch.lanes[change.laneIndex(column)]
    assert(lane !== undefined, 'an exchange reads columns that the relation has')
    return lane
  }
  const { count, weights } = batch
  const read: ZBatch = { count, lanes: columns.map(laneOf), weights }
  if (shards === 1 || key === null) {
    return Array.from({ length: shards }, (_, at) =>
      rangeOf(read, Math.floor((count * at) / shards), Math.floor((count * (at + 1)) / shards)),
    )
  }
  return dealtRows(key.map(laneOf), count, shards).map((rows) => gatherBatch(read, rows, rows.length))
}

function dealtRows(key: readonly Lane[], count: number, shards: number): readonly Int32Array[] {
  const hashes = hashRows(
    key,
    key.map((_, at) => at),
    count,
  )
  const counts = new Int32Array(shards)
  for (let row = 0; row < count; row += 1) {
    const shard = shardOf(hashes[row] as number, shards)
    hashes[row] = shard
    counts[shard] = (counts[shard] as number) + 1
  }
  const dealt = Array.from(counts, (rows) => new Int32Array(rows))
  counts.fill(0)
  for (let row = 0; row < count; row += 1) {
    const shard = hashes[row] as number
    const at = counts[shard] as number
    const rows = dealt[shard] as Int32Array
    rows[at] = row
    counts[shard] = at + 1
  }
  return dealt
}

/** By other bits than the shard's own tables look at, which would otherwise be filled unevenly. */
function shardOf(hash: number, shards: number): number {
  return Math.floor(((Math.imul(hash, 0x9e3779b1) >>> 0) * shards) / 4_294_967_296)
}

function rangeOf(batch: ZBatch, from: number, to: number): ZBatch {
  const rows = Int32Array.from({ length: to - from }, (_, at) => from + at)
  return gatherBatch(batch, rows, rows.length)
}
