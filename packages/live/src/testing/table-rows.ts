/** The rows that a history of changes leaves, told by the plainest means: what live and DuckDB must agree on. */
import { assert } from '@millrace/base'
import type { Value } from '@millrace/core'
import { OnTimeChanges, type WatermarkedTable } from './on-time-changes.ts'
import { textOf } from './published-relation.ts'
import type { RowChange } from './shop-log.ts'

export type Row = readonly Value[]

interface Table {
  readonly key: readonly number[]
  /** Whether a change may be of a key of which an earlier change was late. */
  readonly mayMiss: boolean
  rows: Row[]
}

export class TableRows {
  readonly #tables: ReadonlyMap<string, Table>
  readonly #onTime: OnTimeChanges

  constructor(tables: readonly WatermarkedTable[]) {
    this.#onTime = new OnTimeChanges(tables)
    this.#tables = new Map(
      tables.map(({ name, schema, watermark }) => [name, { key: schema.key, mayMiss: watermark !== undefined, rows: [] }]),
    )
  }

  /** Takes the changes of one commit, without those that are late. */
  commit(changes: readonly RowChange[]): void {
    for (const change of this.#onTime.of(changes)) this.apply(change)
  }

  rows(table: string): readonly Row[] {
    return this.#table(table).rows
  }

  /** False, and nothing done, where the change is of a row that is not there. */
  apply(change: RowChange): boolean {
    const table = this.#table(change.stream)
    const { key, rows } = table
    switch (change.operation) {
      case 'truncate':
        table.rows = []
        return true
      case 'insert': {
        const same = key.length === 0 ? -1 : placeOf(rows, change.row, key)
        put(rows, same, change.row as Row)
        return true
      }
      case 'update':
        return table.mayMiss && key.length > 0 ? replace(rows, change, key) : update(rows, change, key)
      case 'delete': {
        const at = placeOf(rows, change.row, key.length === 0 ? null : key)
        if (at >= 0) rows.splice(at, 1)
        return at >= 0
      }
    }
  }

  #table(name: string): Table {
    const table = this.#tables.get(name)
    assert(table !== undefined, 'the table is known')
    return table
  }
}

function update(rows: Row[], { row, before }: RowChange, key: readonly number[]): boolean {
  const old = key.some((column) => before?.[column] === undefined) ? row : (before ?? row)
  const at = placeOf(rows, old, key.length === 0 ? null : key)
  const found = rows[at]
  if (found === undefined) return false
  const after = row.map((value, column) => (value === undefined ? (found[column] as Value) : value))
  const taken = key.length === 0 ? -1 : placeOf(rows, after, key)
  if (taken >= 0 && taken !== at) return false
  rows[at] = after
  return true
}

/** The row of a key becomes the one that is told whole, whether or not there are rows of the old and the new key. */
function replace(rows: Row[], { row, before }: RowChange, key: readonly number[]): boolean {
  const old = key.some((column) => before?.[column] === undefined) ? row : (before ?? row)
  const gone = placeOf(rows, old, key)
  if (gone >= 0) rows.splice(gone, 1)
  put(rows, placeOf(rows, row, key), row as Row)
  return true
}

function put(rows: Row[], at: number, row: Row): void {
  if (at >= 0) rows[at] = row
  else rows.push(row)
}

/** Of the first row with these values in these columns; null stands for all columns. */
function placeOf(rows: readonly Row[], told: readonly (Value | undefined)[], columns: readonly number[] | null): number {
  const wanted = textOf((columns === null ? told : columns.map((column) => told[column])) as Row)
  return rows.findIndex((row) => textOf((columns === null ? row : columns.map((column) => row[column])) as Row) === wanted)
}
