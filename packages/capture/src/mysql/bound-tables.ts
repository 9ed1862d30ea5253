/**
 * The tables that a statement's events are about to change, by the numbers that its TABLE_MAPs gave them. All
 * TABLE_MAPs of a statement come before its rows, so that none may be forgotten in its middle: not for a
 * neighbour that gets a new shape, and not for want of room.
 */
import type { TableMap } from './binlog/table-map.ts'
import type { ParentTable } from './captured-tables.ts'
import type { TableFeed } from './table-feed.ts'

export interface BoundTable {
  readonly body: Buffer
  /** Null where its rows are of no interest. */
  readonly feed: TableFeed | null
  readonly table: string
  /** Which others its changes reach without an event; null for most. */
  readonly parent: BoundParent | null
}

export interface BoundParent {
  readonly name: string
  readonly isDelete: boolean
  /** Which of its columns, if they change, do so. */
  readonly columns: readonly number[]
}

export function boundParent(parent: ParentTable, { columns }: TableMap): BoundParent {
  const names = columns?.map(({ name }) => name.toLowerCase()) ?? []
  return { ...parent, columns: parent.columns.map((column) => names.indexOf(column.toLowerCase())) }
}

/** The server numbers anew after each change of a shape. */
const TABLES_MAX = 10_000
/** What MySQL writes, in one form or the other, where a statement changed no row at all. */
const NO_TABLE = new Set([0xff_ff_ff, 0xff_ff_ff_ff_ff_ff])

export class BoundTables {
  readonly #tables = new Map<number, BoundTable>()

  get(id: number): BoundTable | undefined {
    return this.#tables.get(id)
  }

  set(id: number, bound: BoundTable): void {
    this.#tables.set(id, bound)
  }

  /** Rows under this number are nobody's. */
  isNobodys(id: number): boolean {
    return NO_TABLE.has(id)
  }

  /** Nothing of the table's is taken from here on, within the statement too. */
  silence(table: string): void {
    for (const [id, bound] of this.#tables) if (bound.table === table) this.#tables.set(id, { ...bound, feed: null })
  }

  /** Its rows so far had another shape. */
  forget(table: string): void {
    for (const [id, bound] of this.#tables) if (bound.table === table) this.#tables.delete(id)
  }

  /** Between two transactions. */
  trim(): void {
    if (this.#tables.size >= TABLES_MAX) this.clear()
  }

  clear(): void {
    this.#tables.clear()
  }
}
