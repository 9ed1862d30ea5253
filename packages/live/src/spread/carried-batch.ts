/**
 * A batch of rows as it travels between threads: numbers as they lie in memory, text that nobody has asked for
 * as its bytes. Nothing of a larger piece of memory goes along.
 */
import { columnOfPacked, type Layout, type PackedText, packedTextOf } from '@millrace/core'
import type { Lane, LaneValues } from '@millrace/sql'
import type { ZBatch } from '../zset/z-batch.ts'

interface CarriedText {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly starts: Uint32Array<ArrayBuffer>
  readonly ends: Uint32Array<ArrayBuffer>
  readonly codes: Float64Array | null
}

interface CarriedLane {
  readonly layout: Layout
  readonly values: LaneValues | null
  /** Instead of values. */
  readonly text: CarriedText | null
  readonly nulls: Uint8Array | null
}

export interface CarriedBatch {
  readonly count: number
  readonly lanes: readonly CarriedLane[]
  readonly weights: Float64Array
}

export function carried({ count, lanes, weights }: ZBatch): CarriedBatch {
  return { count, lanes: lanes.map((lane) => carriedLane(lane, count)), weights: own(weights, count) }
}

export function uncarried({ count, lanes, weights }: CarriedBatch): ZBatch {
  return { count, lanes: lanes.map(uncarriedLane), weights }
}

/** The pieces of memory of a batch that nothing else points at, to be handed over rather than copied. */
export function memoryOf({ lanes, weights }: CarriedBatch): readonly ArrayBuffer[] {
  const texts = lanes.flatMap(({ text }) => (text === null ? [] : [text.bytes, text.starts, text.ends, text.codes]))
  const arrays = [weights, ...lanes.flatMap(({ values, nulls }) => [values, nulls]), ...texts]
  const buffers = arrays.flatMap((array) => (ArrayBuffer.isView(array) ? [array.buffer] : []))
  return [...new Set(buffers as ArrayBuffer[])]
}

function carriedLane(lane: Lane, count: number): CarriedLane {
  const { layout } = lane
  const nulls = lane.nulls === null ? null : own(lane.nulls, count)
  const packed = packedTextOf(lane)
  if (packed !== null) return { layout, values: null, text: carriedText(packed, count), nulls }
  const { values } = lane
  return { layout, values: Array.isArray(values) ? ownList(values, count) : own(values, count), text: null, nulls }
}

function uncarriedLane({ layout, values, text, nulls }: CarriedLane): Lane {
  if (text === null) return { layout, values: values as LaneValues, nulls }
  const { bytes, starts, ends, codes } = text
  return columnOfPacked({ bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), starts, ends, codes }, nulls)
}

/** The bytes of these rows alone, or of the entries where there are fewer of them than rows. */
function carriedText({ bytes, starts, ends, codes }: PackedText, count: number): CarriedText {
  if (codes === null) return packedTogether(bytes, starts.subarray(0, count), ends.subarray(0, count))
  if (starts.length <= count) return { ...packedTogether(bytes, starts, ends), codes: codes.slice(0, count) }
  const places = { starts: new Uint32Array(count), ends: new Uint32Array(count) }
  for (let row = 0; row < count; row += 1) {
    const code = codes[row] as number
    if (code < 0) continue
    places.starts[row] = starts[code] as number
    places.ends[row] = ends[code] as number
  }
  return packedTogether(bytes, places.starts, places.ends)
}

function packedTogether(bytes: Buffer, starts: Uint32Array, ends: Uint32Array): CarriedText {
  const count = starts.length
  const places = { starts: new Uint32Array(count), ends: new Uint32Array(count) }
  let size = 0
  for (let at = 0; at < count; at += 1) {
    places.starts[at] = size
    size += (ends[at] as number) - (starts[at] as number)
    places.ends[at] = size
  }
  const packed = new Uint8Array(size)
  copyValues(bytes, { starts, ends }, packed)
  return { bytes: packed, ...places, codes: null }
}

/** What lies side by side is copied in one go. */
function copyValues(bytes: Buffer, { starts, ends }: { starts: Uint32Array; ends: Uint32Array }, into: Uint8Array): void {
  let [from, to, place] = [0, 0, 0]
  for (let at = 0; at <= starts.length; at += 1) {
    const start = at < starts.length ? (starts[at] as number) : -1
    const end = at < starts.length ? (ends[at] as number) : -1
    if (start === end && at < starts.length) continue
    if (start !== to) {
      bytes.copy(into, place, from, to)
      place += to - from
      from = start
    }
    to = end
  }
}

function own<Values extends Float64Array | Uint8Array>(values: Values, count: number): Values {
  const isWhole = values.length === count && values.byteLength === values.buffer.byteLength
  return isWhole ? values : (values.slice(0, count) as Values)
}

function ownList(values: (number | bigint)[] | string[] | Uint8Array[], count: number): LaneValues {
  const list = values.length === count ? values : values.slice(0, count)
  return list.some((value) => value instanceof Uint8Array && value.byteLength !== value.buffer.byteLength)
    ? (list.map((value) => (value instanceof Uint8Array ? value.slice() : value)) as LaneValues)
    : list
}
