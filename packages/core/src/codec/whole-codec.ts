/**
 * Whole numbers that a double holds exactly: a base and, per value, an unsigned offset of the least
 * width (none, 1, 2 or 4 bytes). Where the steps from value to value need less, the steps are kept
 * instead: identities and times mostly grow by a little. What fits neither is kept as it is.
 *
 * The sign of a whole zero is not kept.
 */
import { assert } from '@millrace/base'
import type { ByteReader } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'

const PLAIN = 0
const OFFSETS = 1
const STEPS = 2

/** Differences of numbers within this range are exact. */
const EXACT_RANGE = 2 ** 53

interface Shape {
  /** False where some value has a fraction or is not a number: then nothing may be subtracted. */
  readonly whole: boolean
  readonly least: number
  readonly range: number
  readonly leastStep: number
  readonly stepRange: number
}

/** Steps are reckoned here and then written; kept while it is small, because allocation is most of a small batch's cost. */
let steps = new Float64Array(1024)
const STEPS_KEPT_LIMIT = 1 << 16

export function writeWhole(writer: ByteWriter, values: Float64Array): void {
  const shape = shapeOf(values)
  const offsetWidth = widthFor(shape.range)
  const stepWidth = shape.range < EXACT_RANGE ? widthFor(shape.stepRange) : 8
  if (!shape.whole || (offsetWidth === 8 && stepWidth === 8)) {
    writer.byte(PLAIN)
    writer.float64Array(values.length).set(values)
  } else if (offsetWidth <= stepWidth) {
    writer.byte(OFFSETS)
    writeOffsets(writer, values, { count: values.length, base: shape.least, width: offsetWidth })
  } else {
    writer.byte(STEPS)
    writer.float64(values[0] as number)
    writeOffsets(writer, stepsOf(values), { count: values.length - 1, base: shape.leastStep, width: stepWidth })
  }
}

export function readWhole(reader: ByteReader, count: number): Float64Array {
  const kind = reader.byte()
  if (kind === PLAIN) return reader.float64Array(count).slice()
  const values = new Float64Array(count)
  if (kind === OFFSETS) {
    readOffsets(reader, values, 0)
    return values
  }
  assert(kind === STEPS && count > 0, 'a column of whole numbers is plain, offsets or steps')
  let value = reader.float64()
  values[0] = value
  readOffsets(reader, values, 1)
  for (let row = 1; row < count; row += 1) {
    value += values[row] as number
    values[row] = value
  }
  return values
}

function shapeOf(values: Float64Array): Shape {
  let whole = true
  let least = values.length === 0 ? 0 : Infinity
  let most = values.length === 0 ? 0 : -Infinity
  let leastStep = values.length < 2 ? 0 : Infinity
  let mostStep = values.length < 2 ? 0 : -Infinity
  let previous = 0
  for (let row = 0; row < values.length; row += 1) {
    const value = values[row] as number
    if (value !== Math.floor(value)) whole = false
    if (value < least) least = value
    if (value > most) most = value
    if (row > 0) {
      const step = value - previous
      if (step < leastStep) leastStep = step
      if (step > mostStep) mostStep = step
    }
    previous = value
  }
  return {
    whole,
    least: least + 0,
    range: most - least,
    leastStep,
    stepRange: mostStep - leastStep,
  }
}

/** 8 stands for "does not fit"; also for a range that is not a number. */
function widthFor(range: number): number {
  if (range === 0) return 0
  if (range < 0x100) return 1
  if (range < 0x1_0000) return 2
  return range < 0x1_0000_0000 ? 4 : 8
}

/** Valid until the next call; the first `values.length - 1` places count. */
function stepsOf(values: Float64Array): Float64Array {
  const room = values.length <= steps.length ? steps : new Float64Array(values.length)
  for (let row = 1; row < values.length; row += 1) room[row - 1] = (values[row] as number) - (values[row - 1] as number)
  if (room.length <= STEPS_KEPT_LIMIT) steps = room
  return room
}

interface Offsets {
  readonly count: number
  readonly base: number
  readonly width: number
}

function writeOffsets(writer: ByteWriter, values: Float64Array, { count, base, width }: Offsets): void {
  writer.byte(width)
  writer.float64(base)
  if (width === 1) {
    const offsets = writer.uint8Array(count)
    for (let row = 0; row < count; row += 1) offsets[row] = (values[row] as number) - base
  } else if (width === 2) {
    const offsets = writer.uint16Array(count)
    for (let row = 0; row < count; row += 1) offsets[row] = (values[row] as number) - base
  } else if (width === 4) {
    const offsets = writer.uint32Array(count)
    for (let row = 0; row < count; row += 1) offsets[row] = (values[row] as number) - base
  }
}

/** Fills `values` from the row `start` to its end. */
function readOffsets(reader: ByteReader, values: Float64Array, start: number): void {
  const width = reader.byte()
  const base = reader.float64()
  const count = values.length - start
  if (width === 0) {
    values.fill(base, start)
  } else if (width === 1) {
    const offsets = reader.uint8Array(count)
    for (let row = 0; row < count; row += 1) values[start + row] = base + (offsets[row] as number)
  } else if (width === 2) {
    const offsets = reader.uint16Array(count)
    for (let row = 0; row < count; row += 1) values[start + row] = base + (offsets[row] as number)
  } else {
    assert(width === 4, 'an offset has 0, 1, 2 or 4 bytes')
    const offsets = reader.uint32Array(count)
    for (let row = 0; row < count; row += 1) values[start + row] = base + (offsets[row] as number)
  }
}
