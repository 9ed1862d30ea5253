/** A part of a state as lanes that are put down one group after the other, and taken up again in the same order. */
import { assert } from '@millrace/base'
import { decodeVectors, encodeVectors } from '@millrace/core'
import { type Lane, laneOf } from '@millrace/sql'
import { vectorOfLane } from '../zset/lane-vector.ts'
import type { ZBatch } from '../zset/z-batch.ts'

/** Lanes of one length. */
export interface LaneGroup {
  readonly count: number
  readonly lanes: readonly Lane[]
}

const LENGTH_BYTES = 4

export class LaneWriter {
  readonly #groups: LaneGroup[] = []

  put(count: number, lanes: readonly Lane[]): void {
    this.#groups.push({ count, lanes })
  }

  /** The same lanes, without going through bytes. */
  reader(): LaneReader {
    return new LaneReader(this.#groups)
  }

  encode(): Uint8Array {
    const encoded = this.#groups.map(({ count, lanes }) => {
      return encodeVectors(
        lanes.map((lane) => vectorOfLane(lane, count)),
        count,
      )
    })
    const bytes = new Uint8Array(encoded.reduce((sum, group) => sum + LENGTH_BYTES + group.length, 0))
    const view = new DataView(bytes.buffer)
    let next = 0
    for (const group of encoded) {
      view.setUint32(next, group.length)
      bytes.set(group, next + LENGTH_BYTES)
      next += LENGTH_BYTES + group.length
    }
    return bytes
  }
}

export class LaneReader {
  readonly #groups: Iterator<LaneGroup>

  constructor(groups: Iterable<LaneGroup>) {
    this.#groups = groups[Symbol.iterator]()
  }

  take(): LaneGroup {
    const { value, done } = this.#groups.next()
    assert(done !== true, 'what is taken was put')
    return value
  }
}

export function readLanes(bytes: Uint8Array): LaneReader {
  return new LaneReader(decoded(bytes))
}

function* decoded(bytes: Uint8Array): Iterable<LaneGroup> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at < bytes.length;) {
    const from = at + LENGTH_BYTES
    at = from + view.getUint32(at)
    // A reader lays typed arrays over the bytes, so that each group begins at a place of its own.
    const { count, vectors } = decodeVectors(bytes.slice(from, at))
    yield { count, lanes: vectors.map(laneOf) }
  }
}

/** Rows with their weights, which stand first. */
export function putRows(writer: LaneWriter, { count, lanes, weights }: ZBatch): void {
  const first: Lane = { layout: 'integer', values: weights, nulls: null }
  writer.put(count, [first, ...lanes])
}

export function takeRows(reader: LaneReader): ZBatch {
  const { count, lanes } = reader.take()
  const [weights, ...columns] = lanes
  return { count, weights: (weights as Lane).values as Float64Array, lanes: columns }
}
