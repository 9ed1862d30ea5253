/**
 * One vector: its layout, its cells if not all hold a value, and then only the values that are there.
 * What stands behind an empty cell is not kept; it is read back as the layout's zero.
 */
import { assert, unreachable } from '@millrace/base'
import { type PackedText, packedTextOf, vectorOfPacked } from '../packed-text.ts'
import { CELL, type Vector } from '../vector.ts'
import type { ByteReader } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'
import { readByteStrings, writeByteStrings } from './bytes-codec.ts'
import { readCodes, writeCodes } from './code-codec.ts'
import { readFloats, writeFloats } from './float-codec.ts'
import { writePackedText } from './packed-text-codec.ts'
import { readText, writeText } from './text-codec.ts'
import { readWhole, writeWhole } from './whole-codec.ts'
import { readWide, writeWide } from './wide-codec.ts'

/** A layout is stored as its place in this list: append only. */
const LAYOUTS = ['integer', 'wide', 'float', 'boolean', 'text', 'bytes'] as const satisfies readonly Vector['layout'][]
const WITH_CELLS = 0x80

const EMPTY_BYTES = new Uint8Array(0)

/** The vector may be longer than `count`; the rest is not written. */
export function writeVector(writer: ByteWriter, vector: Vector, count: number): void {
  const packed = packedTextOf(vector)
  assert((packed === null ? vector.values : (packed.codes ?? packed.ends)).length >= count, 'a vector has a value per row')
  const cells = vector.cells?.subarray(0, count) ?? null
  const layout = LAYOUTS.indexOf(vector.layout)
  if (cells === null || presentCount(cells) === count) {
    writer.byte(layout)
    if (packed === null) writeValues(writer, first(vector, count))
    else writePackedText(writer, packed, { count, cells: null })
  } else {
    writer.byte(layout | WITH_CELLS)
    writeCodes(writer, cells)
    if (packed === null) writeValues(writer, present(vector, cells))
    else writePackedText(writer, packed, { count, cells })
  }
}

export function readVector(reader: ByteReader, count: number): Vector {
  const tag = reader.byte()
  const layout = LAYOUTS[tag & ~WITH_CELLS]
  assert(layout !== undefined, 'a vector has a known layout')
  if ((tag & WITH_CELLS) === 0) return readValues(reader, layout, count)
  const cells = readCodes(reader, count)
  if (layout === 'text') {
    const text = readText(reader, presentCount(cells))
    if (typeof text !== 'function') return vectorOfPacked(spreadPlaces(text, cells), cells)
    return textVector(() => spreadItems(text(), cells, ''), cells)
  }
  const values = readValues(reader, layout, presentCount(cells))
  return spread(values, cells)
}

function readFullText(reader: ByteReader, count: number): Vector {
  const text = readText(reader, count)
  return typeof text === 'function' ? textVector(text, null) : vectorOfPacked(text, null)
}

/** Of text the strings are made when somebody asks for them. */
function textVector(read: () => string[], cells: Uint8Array | null): Vector {
  let strings: string[] | null = null
  return {
    layout: 'text',
    get values() {
      return (strings ??= read())
    },
    cells,
  }
}

function writeValues(writer: ByteWriter, vector: Vector): void {
  switch (vector.layout) {
    case 'integer':
      return writeWhole(writer, vector.values)
    case 'wide':
      return writeWide(writer, vector.values)
    case 'float':
      return writeFloats(writer, vector.values)
    case 'boolean':
      return writeCodes(writer, vector.values)
    case 'text':
      return writeText(writer, vector.values)
    case 'bytes':
      return writeByteStrings(writer, vector.values)
    default:
      return unreachable(vector, 'layout')
  }
}

function readValues(reader: ByteReader, layout: Vector['layout'], count: number): Vector {
  switch (layout) {
    case 'integer':
      return { layout, values: readWhole(reader, count), cells: null }
    case 'wide':
      return { layout, values: readWide(reader, count), cells: null }
    case 'float':
      return { layout, values: readFloats(reader, count), cells: null }
    case 'boolean':
      return { layout, values: readCodes(reader, count), cells: null }
    case 'text':
      return readFullText(reader, count)
    case 'bytes':
      return { layout, values: readByteStrings(reader, count), cells: null }
    default:
      return unreachable(layout, 'layout')
  }
}

function spreadPlaces({ bytes, starts, ends, codes }: PackedText, cells: Uint8Array): PackedText {
  if (codes !== null) return { bytes, starts, ends, codes: Float64Array.from(spreadItems([...codes], cells, -1)) }
  const places = { bytes, starts: new Uint32Array(cells.length), ends: new Uint32Array(cells.length), codes }
  for (let row = 0, at = 0; row < cells.length; row += 1) {
    if (cells[row] !== CELL.VALUE) continue
    places.starts[row] = starts[at] as number
    places.ends[row] = ends[at] as number
    at += 1
  }
  return places
}

function presentCount(cells: Uint8Array): number {
  let count = 0
  for (let row = 0; row < cells.length; row += 1) if (cells[row] === CELL.VALUE) count += 1
  return count
}

function first(vector: Vector, count: number): Vector {
  if (vector.values.length === count) return vector
  switch (vector.layout) {
    case 'integer':
    case 'float':
      return { layout: vector.layout, values: vector.values.subarray(0, count), cells: null }
    case 'boolean':
      return { layout: 'boolean', values: vector.values.subarray(0, count), cells: null }
    case 'wide':
      return { layout: 'wide', values: vector.values.slice(0, count), cells: null }
    case 'text':
      return { layout: 'text', values: vector.values.slice(0, count), cells: null }
    case 'bytes':
      return { layout: 'bytes', values: vector.values.slice(0, count), cells: null }
    default:
      return unreachable(vector, 'layout')
  }
}

function present(vector: Vector, cells: Uint8Array): Vector {
  switch (vector.layout) {
    case 'integer':
    case 'float':
      return { layout: vector.layout, values: presentNumbers(vector.values, cells), cells: null }
    case 'boolean':
      return {
        layout: 'boolean',
        values: vector.values.filter((_, row) => cells[row] === CELL.VALUE),
        cells: null,
      }
    case 'wide':
      return { layout: 'wide', values: presentItems(vector.values, cells), cells: null }
    case 'text':
      return { layout: 'text', values: presentItems(vector.values, cells), cells: null }
    case 'bytes':
      return { layout: 'bytes', values: presentItems(vector.values, cells), cells: null }
    default:
      return unreachable(vector, 'layout')
  }
}

function presentNumbers(values: Float64Array, cells: Uint8Array): Float64Array {
  const kept = new Float64Array(presentCount(cells))
  let at = 0
  for (let row = 0; row < cells.length; row += 1) {
    if (cells[row] === CELL.VALUE) {
      kept[at] = values[row] as number
      at += 1
    }
  }
  return kept
}

function presentItems<T>(values: readonly T[], cells: Uint8Array): T[] {
  const kept: T[] = []
  for (let row = 0; row < cells.length; row += 1) if (cells[row] === CELL.VALUE) kept.push(values[row] as T)
  return kept
}

function spread(vector: Vector, cells: Uint8Array): Vector {
  switch (vector.layout) {
    case 'integer':
    case 'float':
      return { layout: vector.layout, values: spreadNumbers(vector.values, cells), cells }
    case 'boolean':
      return {
        layout: 'boolean',
        values: Uint8Array.from(spreadNumbers(Float64Array.from(vector.values), cells)),
        cells,
      }
    case 'wide':
      return { layout: 'wide', values: spreadItems(vector.values, cells, 0n), cells }
    case 'text':
      return { layout: 'text', values: spreadItems(vector.values, cells, ''), cells }
    case 'bytes':
      return { layout: 'bytes', values: spreadItems(vector.values, cells, EMPTY_BYTES), cells }
    default:
      return unreachable(vector, 'layout')
  }
}

function spreadNumbers(kept: Float64Array, cells: Uint8Array): Float64Array {
  const values = new Float64Array(cells.length)
  let at = 0
  for (let row = 0; row < cells.length; row += 1) {
    if (cells[row] === CELL.VALUE) {
      values[row] = kept[at] as number
      at += 1
    }
  }
  return values
}

function spreadItems<T>(kept: readonly T[], cells: Uint8Array, empty: T): T[] {
  const values: T[] = []
  let at = 0
  for (let row = 0; row < cells.length; row += 1) {
    if (cells[row] === CELL.VALUE) {
      values.push(kept[at] as T)
      at += 1
    } else {
      values.push(empty)
    }
  }
  return values
}
