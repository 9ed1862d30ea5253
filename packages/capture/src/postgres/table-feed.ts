/** One captured table: turns its rows, from the snapshot or the stream, into pending changes. */
import { CELL, OPERATION } from '@millrace/core'
import { displayName, type Table } from './catalog/table.ts'
import type { CellParser } from './parse/cell-parser.ts'
import { parserOf } from './parse/parser-of.ts'
import type { PendingChanges, PendingSlot } from './pending-changes.ts'
import { type Cells, hashKey, locate, makeCells, pushOldRow, pushRow } from './pgoutput/tuple.ts'

const KEY_ROW = 0x4b
const OLD_ROW = 0x4f

export interface TableFeedOptions {
  readonly source: string
  readonly slot: string
  readonly table: Table
  readonly partitions: number
  readonly pending: PendingChanges
}

export class TableFeed {
  readonly table: Table
  readonly partitions: number
  readonly #pending: PendingChanges
  readonly #slots: readonly PendingSlot[]
  readonly #parsers: readonly CellParser[]
  readonly #cells: Cells
  readonly #oldCells: Cells
  /** Per column, whether an old key tells it; by the newest relation message. */
  #told: readonly boolean[] = []

  constructor({ source, slot, table, partitions, pending }: TableFeedOptions) {
    this.table = table
    this.partitions = partitions
    this.#pending = pending
    this.#slots = Array.from({ length: partitions }, (_, partition) => pending.slot(table.stream, partition, table.schema))
    const name = displayName(table)
    this.#parsers = table.schema.columns.map(({ name: column, type }) => parserOf(type, { source, slot, table: name, column }))
    this.#cells = makeCells(this.#parsers.length)
    this.#oldCells = makeCells(this.#parsers.length)
  }

  tell(told: readonly boolean[]): void {
    this.#told = told
  }

  close(): void {
    this.#pending.forget(this.#slots)
  }

  insert(buffer: Buffer, start: number): void {
    locate(buffer, start + 1, this.#cells)
    this.insertCells(buffer, this.#cells)
  }

  /** A row of the snapshot, whose cells its reader has found. */
  insertCells(buffer: Buffer, cells: Cells): void {
    const builder = this.#start(OPERATION.INSERT, buffer, cells, false)
    pushRow(buffer, cells, null, this.#parsers, builder.after)
  }

  /** The row before comes first, and only where the key changed or the replica identity is FULL. */
  update(buffer: Buffer, start: number): void {
    const kind = buffer[start]
    const withBefore = kind === KEY_ROW || kind === OLD_ROW
    const next = withBefore ? locate(buffer, start + 1, this.#oldCells) : start
    locate(buffer, next + 1, this.#cells)
    const builder = this.#start(OPERATION.UPDATE, buffer, this.#cells, withBefore)
    pushRow(buffer, this.#cells, kind === OLD_ROW ? this.#oldCells : null, this.#parsers, builder.after)
    if (withBefore) pushOldRow(buffer, this.#oldCells, kind === KEY_ROW ? this.#told : null, this.#parsers, builder.before)
  }

  delete(buffer: Buffer, start: number): void {
    locate(buffer, start + 1, this.#oldCells)
    const builder = this.#start(OPERATION.DELETE, buffer, this.#oldCells, false)
    pushOldRow(buffer, this.#oldCells, buffer[start] === KEY_ROW ? this.#told : null, this.#parsers, builder.after)
  }

  /** Told in every partition, for each holds a part of the table. */
  truncate(): void {
    for (const slot of this.#slots) {
      const builder = this.#startIn(slot, OPERATION.TRUNCATE, false)
      for (const column of builder.after) column.pushCell(CELL.ABSENT)
    }
  }

  #start(operation: number, buffer: Buffer, cells: Cells, withBefore: boolean): PendingSlot['builder'] {
    const slot = this.#slots[this.partitions === 1 ? 0 : hashKey(buffer, cells, this.table.schema.key) % this.partitions] as PendingSlot
    return this.#startIn(slot, operation, withBefore)
  }

  #startIn(slot: PendingSlot, operation: number, withBefore: boolean): PendingSlot['builder'] {
    const pending = this.#pending
    const { builder } = slot
    builder.start(operation, pending.transaction, pending.index, pending.timeMicros, withBefore)
    pending.index += 1
    pending.count += 1
    return builder
  }
}
