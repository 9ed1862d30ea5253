/**
 * A row in a change: a number of columns, and for each a letter (`t` text, `n` null, `u` unchanged) and
 * what it stands for. `locate` finds the cells of a row once; the writers then push them.
 */
import { assert } from '@millrace/base'
import { CELL, type VectorBuilder } from '@millrace/core'
import type { CellParser } from '../parse/cell-parser.ts'
import { readUint32 } from '../wire/read-uint32.ts'

const NULL = 0x6e
const UNCHANGED = 0x75
const TEXT = 0x74

/** Where the cells of one row lie: `starts[column]`, or a negative mark. Kept and used again. */
export interface Cells {
  readonly starts: Int32Array
  readonly ends: Int32Array
}

const IS_NULL = -1
const IS_UNCHANGED = -2

export function makeCells(columns: number): Cells {
  return { starts: new Int32Array(columns), ends: new Int32Array(columns) }
}

/** Returns where the row ends. */
export function locate(buffer: Buffer, start: number, cells: Cells): number {
  const { starts, ends } = cells
  assert((buffer[start] as number) * 256 + (buffer[start + 1] as number) === starts.length, 'a row has the columns that its relation told')
  let at = start + 2
  for (let column = 0; column < starts.length; column += 1) {
    const kind = buffer[at]
    if (kind === TEXT) {
      const length = readUint32(buffer, at + 1)
      starts[column] = at + 5
      at += 5 + length
      ends[column] = at
    } else {
      assert(kind === NULL || kind === UNCHANGED, 'a cell is text, null or unchanged')
      starts[column] = kind === NULL ? IS_NULL : IS_UNCHANGED
      at += 1
    }
  }
  return at
}

/** The captured ones among the cells of a row, in their own order. */
export function pickCells(from: Cells, places: readonly number[], to: Cells): void {
  for (let column = 0; column < places.length; column += 1) {
    const place = places[column] as number
    to.starts[column] = from.starts[place] as number
    to.ends[column] = from.ends[place] as number
  }
}

/** False for a cell that was not sent because it did not change. */
export function isTold({ starts }: Cells, column: number): boolean {
  return starts[column] !== IS_UNCHANGED
}

/**
 * What did not change and is told by the row before: all of it where that is whole, else its key alone. A
 * key that is large enough to be stored apart comes so with each update.
 */
export function fillUnchanged(cells: Cells, before: Cells, told: readonly boolean[] | null): void {
  const { starts, ends } = cells
  for (let column = 0; column < starts.length; column += 1) {
    if (starts[column] !== IS_UNCHANGED || (told !== null && told[column] !== true)) continue
    starts[column] = before.starts[column] as number
    ends[column] = before.ends[column] as number
  }
}

/** A row after its change. A cell that did not change and was not told stays so. */
export function pushRow(buffer: Buffer, cells: Cells, parsers: readonly CellParser[], into: readonly VectorBuilder[]): void {
  const { starts, ends } = cells
  for (let column = 0; column < parsers.length; column += 1) {
    const builder = into[column] as VectorBuilder
    const start = starts[column] as number
    if (start >= 0) (parsers[column] as CellParser)(buffer, start, ends[column] as number, builder)
    else builder.pushCell(start === IS_NULL ? CELL.NULL : CELL.UNCHANGED)
  }
}

/** A row before its change: of a key alone, the other cells are nulls that mean "not told". */
export function pushOldRow(
  buffer: Buffer,
  cells: Cells,
  told: readonly boolean[] | null,
  parsers: readonly CellParser[],
  into: readonly VectorBuilder[],
): void {
  for (let column = 0; column < parsers.length; column += 1) {
    const builder = into[column] as VectorBuilder
    if (told !== null && told[column] !== true) builder.pushCell(CELL.ABSENT)
    else pushBefore(buffer, cells, column, parsers, builder)
  }
}

function pushBefore(buffer: Buffer, cells: Cells, column: number, parsers: readonly CellParser[], builder: VectorBuilder): void {
  const start = cells.starts[column] as number
  if (start >= 0) (parsers[column] as CellParser)(buffer, start, cells.ends[column] as number, builder)
  else builder.pushCell(start === IS_NULL ? CELL.NULL : CELL.UNCHANGED)
}

/** FNV-1a over the text of the key's cells: equal keys, equal numbers, in the snapshot and in the stream. */
export function hashKey(buffer: Buffer, cells: Cells, key: readonly number[]): number {
  let hash = 0x811c9dc5
  for (const column of key) {
    const start = cells.starts[column] as number
    const end = start < 0 ? start : (cells.ends[column] as number)
    for (let at = start; at < end; at += 1) hash = Math.imul(hash ^ (buffer[at] as number), 0x01000193)
    hash = Math.imul(hash ^ 0xff, 0x01000193)
  }
  return hash >>> 0
}
