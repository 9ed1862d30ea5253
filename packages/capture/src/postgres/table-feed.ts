/**
 * One captured table: turns its rows, from the snapshot or the stream, into pending changes. A row that
 * cannot be taken is parked in its place, with all that is known of it, and its neighbours flow on (law 9).
 */
import { MillraceError } from '@millrace/base'
import { CELL, OPERATION, OPERATION_NAME } from '@millrace/core'
import { BinaryRows } from './binary/binary-rows.ts'
import { printedRows } from './binary/printed-rows.ts'
import { RowReader } from './binary/row-reader.ts'
import { displayName, type Table } from './catalog/table.ts'
import { maskedParser } from './columns/masked-parser.ts'
import { keyText, parkedRow, rawText, type SeenRow } from './parked-cells.ts'
import type { CellParser } from './parse/cell-parser.ts'
import { parserOf } from './parse/parser-of.ts'
import type { PendingChanges, PendingSlot } from './pending-changes.ts'
import { type Cells, fillUnchanged, hashKey, isTold, locate, makeCells, pickCells, pushOldRow, pushRow } from './pgoutput/tuple.ts'

const KEY_ROW = 0x4b
const OLD_ROW = 0x4f

export interface TableFeedOptions {
  readonly source: string
  readonly slot: string
  readonly table: Table
  readonly partitions: number
  readonly pending: PendingChanges
}

/** A change that is to be parked, as it came. */
interface Bad {
  readonly operation: number
  readonly row: SeenRow
  readonly before: SeenRow | null
  /** Exactly what came, where it lies in one piece. */
  readonly bytes: Uint8Array | null
}

type ParkCode = 'CAPTURE_VALUE_UNREPRESENTABLE' | 'CAPTURE_VALUE_UNTOLD' | 'PARKED_BEHIND'

export class TableFeed {
  readonly table: Table
  readonly partitions: number
  readonly #options: TableFeedOptions
  readonly #stream: string
  readonly #pending: PendingChanges
  readonly #slots: readonly PendingSlot[]
  readonly #parsers: readonly CellParser[]
  readonly #cells: Cells
  readonly #oldCells: Cells
  /** A row as it comes, where not all of its columns are captured. */
  readonly #wire: Cells | null
  readonly #places: readonly number[]
  #rowReader: RowReader | null = null
  /** Per column, whether an old key tells it; by the newest relation message. */
  #told: readonly boolean[] = []

  constructor(options: TableFeedOptions) {
    const { source, slot, table, partitions, pending } = options
    const { columns } = table.schema
    this.#options = options
    this.table = table
    this.partitions = partitions
    this.#stream = table.stream
    this.#pending = pending
    this.#slots = Array.from({ length: partitions }, (_, partition) => pending.slot(table.stream, partition, table.schema))
    const name = displayName(table)
    this.#parsers = columns.map(({ name: column, type }, at) => {
      const mask = table.masks?.[at] ?? null
      return mask === null ? parserOf(type, { source, slot, table: name, column }) : maskedParser(mask)
    })
    this.#cells = makeCells(columns.length)
    this.#oldCells = makeCells(columns.length)
    this.#places = table.cells ?? []
    this.#wire = table.cells === null || table.cells === undefined ? null : makeCells(table.cellCount)
  }

  /** The same table, for the changes of another transaction. */
  twin(pending: PendingChanges): TableFeed {
    const twin = new TableFeed({ ...this.#options, pending })
    twin.#told = this.#told
    return twin
  }

  /** `keys`: per column of the relation, whether it is part of what identifies a row. */
  tell(keys: readonly boolean[]): void {
    this.#told = this.#wire === null ? keys : this.#places.map((place) => keys[place] === true)
  }

  close(): void {
    this.#pending.forget(this.#slots)
  }

  insert(buffer: Buffer, start: number, end: number): void {
    this.#locate(buffer, start + 1, this.#cells)
    this.#insert(buffer, this.#cells, start, end)
  }

  /** A row of the snapshot, whose cells its reader has found. */
  insertCells(buffer: Buffer, cells: Cells): void {
    this.#insert(buffer, cells, 0, 0)
  }

  /** Rows of the snapshot in binary form. One by one only where some of them may have to be set aside. */
  insertRows(rows: BinaryRows): void {
    if (rows.count === 0 || (this.#pending.isClear(this.#stream) && this.#insertAtOnce(rows))) return
    for (const { buffer, cells } of printedRows(rows, this.table.schema)) this.insertCells(buffer, cells)
  }

  /** The row before comes first, and only where the key changed or the replica identity is FULL. */
  update(buffer: Buffer, start: number, end: number): void {
    const kind = buffer[start]
    const withBefore = kind === KEY_ROW || kind === OLD_ROW
    const next = withBefore ? this.#locate(buffer, start + 1, this.#oldCells) : start
    this.#locate(buffer, next + 1, this.#cells)
    if (withBefore) fillUnchanged(this.#cells, this.#oldCells, kind === KEY_ROW ? this.#told : null)
    if (!this.#pending.isClear(this.#stream) && this.#isHeld(this.#updateAt(buffer, start, end))) return
    if (withBefore && this.partitions > 1 && this.#slotOf(buffer, this.#oldCells) !== this.#slotOf(buffer, this.#cells)) {
      return this.#move(buffer, start, end)
    }
    const builder = this.#start(OPERATION.UPDATE, buffer, this.#cells, withBefore)
    try {
      pushRow(buffer, this.#cells, this.#parsers, builder.after)
      if (withBefore) pushOldRow(buffer, this.#oldCells, kind === KEY_ROW ? this.#told : null, this.#parsers, builder.before)
    } catch (error) {
      this.#misfit(builder, error, this.#updateAt(buffer, start, end))
    }
  }

  delete(buffer: Buffer, start: number, end: number): void {
    this.#locate(buffer, start + 1, this.#oldCells)
    if (!this.#pending.isClear(this.#stream) && this.#isHeld(this.#deleteAt(buffer, start, end))) return
    const builder = this.#start(OPERATION.DELETE, buffer, this.#oldCells, false)
    try {
      pushOldRow(buffer, this.#oldCells, buffer[start] === KEY_ROW ? this.#told : null, this.#parsers, builder.after)
    } catch (error) {
      this.#misfit(builder, error, this.#deleteAt(buffer, start, end))
    }
  }

  /** Told in every partition, for each holds a part of the table. */
  truncate(): void {
    this.#pending.supersede(this.#stream)
    for (const slot of this.#slots) {
      const builder = this.#startIn(slot, OPERATION.TRUNCATE, false)
      for (const column of builder.after) column.pushCell(CELL.ABSENT)
    }
    this.#pending.divide(this.#slots)
  }

  #insert(buffer: Buffer, cells: Cells, start: number, end: number): void {
    if (!this.#pending.isClear(this.#stream) && this.#isHeld(insertOf(buffer, cells, { start, end }))) return
    const builder = this.#start(OPERATION.INSERT, buffer, cells, false)
    try {
      pushRow(buffer, cells, this.#parsers, builder.after)
    } catch (error) {
      this.#misfit(builder, error, insertOf(buffer, cells, { start, end }))
    }
  }

  /** False, and nothing is inserted, where some value is one that its type cannot hold. */
  #insertAtOnce(rows: BinaryRows): boolean {
    const { forms, count } = rows
    if (this.#rowReader?.forms !== forms) this.#rowReader = new RowReader(forms, this.table.schema, this.#parsers)
    const reader = this.#rowReader
    const pending = this.#pending
    if (this.partitions > 1) return this.#insertApart(rows, reader)
    const { builder } = this.#slots[0] as PendingSlot
    builder.startInserts(count, { transaction: pending.transaction, index: pending.index, time: pending.timeMicros })
    if (!reader.read(rows, builder.after)) {
      builder.undo(count)
      return false
    }
    pending.index += count
    pending.count += count
    return true
  }

  #insertApart(rows: BinaryRows, reader: RowReader): boolean {
    const pending = this.#pending
    const { key } = this.table.schema
    const parts = this.#slots.map(() => new BinaryRows(rows.forms))
    for (let row = 0; row < rows.count; row += 1) {
      rows.locate(row, this.#cells)
      const at = hashKey(rows.buffer, this.#cells, key) % this.partitions
      parts[at]?.take(rows, row)
      this.#slots[at]?.builder.start(OPERATION.INSERT, pending.transaction, pending.index + row, pending.timeMicros, false)
    }
    const isRead = parts.every((part, at) => part.count === 0 || reader.read(part, this.#slots[at]?.builder.after ?? []))
    if (!isRead) {
      for (const [at, part] of parts.entries()) if (part.count > 0) this.#slots[at]?.builder.undo(part.count)
      return false
    }
    pending.index += rows.count
    pending.count += rows.count
    return true
  }

  /**
   * A row that goes to another partition. Readers take partitions one after another, so it goes from the one
   * and comes to the other; what did not change must be told, for nothing there could tell it.
   */
  #move(buffer: Buffer, start: number, end: number): void {
    const untold = this.table.schema.columns.find((_, column) => !isTold(this.#cells, column))
    if (untold !== undefined) {
      const { source } = this.#options
      const details = { source, table: displayName(this.table), column: untold.name }
      const error = new MillraceError('CAPTURE_VALUE_UNTOLD', { details })
      if (!this.#pending.mayPark) throw error
      return this.#park(this.#updateAt(buffer, start, end), 'CAPTURE_VALUE_UNTOLD', error.message)
    }
    const { index, count } = this.#pending
    const goes = this.#start(OPERATION.DELETE, buffer, this.#oldCells, false)
    let comes: PendingSlot['builder'] | null = null
    try {
      pushOldRow(buffer, this.#oldCells, buffer[start] === KEY_ROW ? this.#told : null, this.#parsers, goes.after)
      comes = this.#start(OPERATION.INSERT, buffer, this.#cells, false)
      pushRow(buffer, this.#cells, this.#parsers, comes.after)
    } catch (error) {
      if (comes !== null) goes.undo()
      this.#pending.index = index + 1
      this.#pending.count = count + 1
      this.#misfit(comes ?? goes, error, this.#updateAt(buffer, start, end))
    }
  }

  /** The update whose cells were found last. */
  #updateAt(buffer: Buffer, start: number, end: number): Bad {
    const kind = buffer[start]
    const before = { buffer, cells: this.#oldCells, told: kind === KEY_ROW ? this.#told : null }
    return {
      operation: OPERATION.UPDATE,
      row: { buffer, cells: this.#cells, told: null },
      before: kind === KEY_ROW || kind === OLD_ROW ? before : null,
      bytes: buffer.subarray(start, end),
    }
  }

  #deleteAt(buffer: Buffer, start: number, end: number): Bad {
    const told = buffer[start] === KEY_ROW ? this.#told : null
    return { operation: OPERATION.DELETE, row: { buffer, cells: this.#oldCells, told }, before: null, bytes: buffer.subarray(start, end) }
  }

  #locate(buffer: Buffer, start: number, cells: Cells): number {
    const wire = this.#wire
    if (wire === null) return locate(buffer, start, cells)
    const end = locate(buffer, start, wire)
    pickCells(wire, this.#places, cells)
    return end
  }

  #start(operation: number, buffer: Buffer, cells: Cells, withBefore: boolean): PendingSlot['builder'] {
    return this.#startIn(this.#slotOf(buffer, cells), operation, withBefore)
  }

  #slotOf(buffer: Buffer, cells: Cells): PendingSlot {
    return this.#slots[this.partitions === 1 ? 0 : hashKey(buffer, cells, this.table.schema.key) % this.partitions] as PendingSlot
  }

  #startIn(slot: PendingSlot, operation: number, withBefore: boolean): PendingSlot['builder'] {
    const pending = this.#pending
    const { builder } = slot
    builder.start(operation, pending.transaction, pending.index, pending.timeMicros, withBefore)
    pending.index += 1
    pending.count += 1
    return builder
  }

  /** A value that its type cannot hold: the row is set aside, under the identity that it would have had. */
  #misfit(builder: PendingSlot['builder'], error: unknown, bad: Bad): void {
    const isMisfit = error instanceof MillraceError && error.code === 'CAPTURE_VALUE_UNREPRESENTABLE'
    if (!isMisfit || !this.#pending.mayPark) throw error
    builder.undo()
    this.#pending.index -= 1
    this.#pending.count -= 1
    this.#park(bad, error.code, error.message)
  }

  /** Parks a change whose key, of before or after, waits for an earlier one; false where neither does. */
  #isHeld(bad: Bad): boolean {
    const keys = [keyText(this.table, bad.row), ...(bad.before === null ? [] : [keyText(this.table, bad.before)])]
    if (!keys.some((key) => key !== null && this.#pending.holds(this.#stream, key))) return false
    this.#park(bad, 'PARKED_BEHIND', 'An earlier change of the same key is parked.')
    return true
  }

  /**
   * An update that moves its key is parked as the delete and the insert that it amounts to, so that each
   * of the two keys is held back by a record of its own.
   */
  #park(bad: Bad, code: ParkCode, reason: string): void {
    const { before, row } = bad
    const moves = before !== null && keyText(this.table, before) !== keyText(this.table, row)
    if (!moves) return this.#set(bad, code, reason)
    this.#set({ operation: OPERATION.DELETE, row: before, before: null, bytes: bad.bytes }, code, reason)
    this.#set({ operation: OPERATION.INSERT, row, before: null, bytes: bad.bytes }, code, reason)
  }

  #set({ operation, row, before, bytes }: Bad, code: ParkCode, reason: string): void {
    const { source, table } = this.#options
    const index = this.#pending.index
    this.#pending.index += 1
    this.#pending.park({
      source,
      stream: this.#stream,
      partition: this.#slotOf(row.buffer, row.cells).partition,
      index,
      operation: OPERATION_NAME[operation as 0 | 1 | 2],
      key: keyText(table, row),
      code,
      reason,
      raw: bytes === null || table.masks !== null ? rawText(table, row) : Uint8Array.from(bytes),
      row: parkedRow(table, this.#parsers, row),
      before: before === null ? null : parkedRow(table, this.#parsers, before),
    })
  }
}

function insertOf(buffer: Buffer, cells: Cells, { start, end }: { start: number; end: number }): Bad {
  const bytes = end === start ? null : buffer.subarray(start, end)
  return { operation: OPERATION.INSERT, row: { buffer, cells, told: null }, before: null, bytes }
}
