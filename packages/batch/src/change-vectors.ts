/** A batch's columns as its change table wants them. */
import { assert } from '@millrace/base'
import { type Batch, CELL, layoutOf, type StoredBatch, type Type, valueAt, type Vector, VectorBuilder } from '@millrace/core'

/** The cells after the change; what an update did not tell is taken from its row before, where that is told. */
export function resolved(batch: Batch, place: number, type: Type): Vector {
  const after = batch.after[place]
  if (after === undefined) return absent(type, batch.count, CELL.NULL)
  const before = batch.before?.[place]
  if (before === undefined || after.cells === null || !after.cells.some((cell) => cell >= CELL.UNCHANGED)) return after
  const builder = new VectorBuilder(layoutOf(type), batch.count)
  for (let row = 0; row < batch.count; row += 1) {
    const value = valueAt(after, row) ?? (after.cells[row] === CELL.NULL ? null : valueAt(before, row))
    if (value === undefined) builder.pushCell(CELL.UNCHANGED)
    else builder.push(value)
  }
  return builder.finish()
}

/** Cells of which none has a value. */
export function absent(type: Type, count: number, cell: number = CELL.ABSENT): Vector {
  const cells = new Uint8Array(count).fill(cell)
  const layout = layoutOf(type)
  switch (layout) {
    case 'integer':
    case 'float':
      return { layout, values: new Float64Array(count), cells }
    case 'boolean':
      return { layout, values: new Uint8Array(count), cells }
    case 'text':
      return { layout, values: new Array<string>(count), cells }
    case 'bytes':
      return { layout, values: new Array<Uint8Array>(count), cells }
  }
}

/** Which changes tell every asked cell of the row before. */
export function toldBefore(batch: Batch, befores: readonly Vector[]): Uint8Array {
  const told = new Uint8Array(batch.count)
  if (batch.before === null) return told
  told.fill(1)
  for (const { cells } of befores) {
    if (cells === null) continue
    for (let row = 0; row < batch.count; row += 1) if ((cells[row] as number) >= CELL.UNCHANGED) told[row] = 0
  }
  return told
}

/** Where each change is in the log and at its source; the columns of `ORIGIN`. */
export function origin(stored: StoredBatch, batch: Batch): Vector[] {
  assert(stored.count === batch.count, 'a batch holds what its header says')
  return [
    integers(batch.count, () => stored.partition),
    integers(batch.count, (row) => stored.first + row),
    integers(batch.count, () => stored.cut),
    { layout: 'integer', values: batch.transactions, cells: null },
    { layout: 'integer', values: batch.indexes, cells: null },
    { layout: 'integer', values: batch.times, cells: null },
  ]
}

export function integers(count: number, valueOf: (row: number) => number): Vector {
  const values = new Float64Array(count)
  for (let row = 0; row < count; row += 1) values[row] = valueOf(row)
  return { layout: 'integer', values, cells: null }
}
