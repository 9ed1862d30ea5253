/** Changes of random tables, as sources tell them: full or partial, and the rows that result. */
import { pick, type Random } from '@millrace/base'
import type { Type, Value } from '@millrace/core'
import { type FuzzTable, randomValue } from './random-query.ts'
import type { RowChange } from './shop-log.ts'

export class RandomHistory {
  readonly #random: Random
  readonly #tables: readonly FuzzTable[]
  readonly #rows: Map<string, (readonly Value[])[]>

  readonly #valueOf: (random: Random, column: number, type: Type) => Value

  /** `valueOf` makes a value for a column; by default one of its type. */
  constructor(
    random: Random,
    tables: readonly FuzzTable[],
    valueOf: (random: Random, column: number, type: Type) => Value = (source, _column, type) => randomValue(source, type),
  ) {
    this.#random = random
    this.#valueOf = valueOf
    this.#tables = tables
    this.#rows = new Map(tables.map((table) => [table.name, []]))
  }

  rows(table: string): readonly (readonly Value[])[] {
    return this.#rows.get(table) as readonly (readonly Value[])[]
  }

  /** The changes of one transaction. */
  transaction(): readonly RowChange[] {
    return Array.from({ length: 1 + this.#random.below(6) }, () => this.#change(pick(this.#random, this.#tables)))
  }

  #change(table: FuzzTable): RowChange {
    const random = this.#random
    const rows = this.#rows.get(table.name) as (readonly Value[])[]
    const choice = random.below(20)
    if (choice === 0 && random.below(4) === 0) {
      rows.length = 0
      return { stream: table.name, operation: 'truncate', row: table.columnTypes.map(() => undefined) }
    }
    if (rows.length === 0 || choice < 9) return this.#insert(table, rows)
    const at = random.below(rows.length)
    return choice < 14 ? this.#update(table, rows, at) : this.#delete(table, rows, at)
  }

  #newRow(table: FuzzTable): readonly Value[] {
    return table.columnTypes.map((type: Type, at) => (at === 0 ? this.#random.below(8) : this.#valueOf(this.#random, at, type)))
  }

  #insert(table: FuzzTable, rows: (readonly Value[])[]): RowChange {
    const row = this.#newRow(table)
    // An insert of a known key is what a source's repeated snapshot tells: the row is replaced.
    const same = table.schema.key.length === 0 ? -1 : rows.findIndex((other) => other[0] === row[0])
    if (same >= 0) rows[same] = row
    else rows.push(row)
    return { stream: table.name, operation: 'insert', row }
  }

  #update(table: FuzzTable, rows: (readonly Value[])[], at: number): RowChange {
    const random = this.#random
    const before = rows[at] as readonly Value[]
    const after = [...this.#newRow(table)]
    const keyed = table.schema.key.length > 0
    const taken = rows.some((other, index) => index !== at && other[0] === after[0])
    if (keyed && (taken || random.below(3) > 0)) after[0] = before[0] as Value
    // Where a change was late, a later one may be of a row that is not there, and has to tell all of it.
    const untold = new Set(
      after.map((_, column) => column).filter((column) => keyed && column > 0 && table.watermark === undefined && random.below(5) === 0),
    )
    for (const column of untold) after[column] = before[column] as Value
    rows[at] = after
    const told = after.map((value, column) => (untold.has(column) ? undefined : value))
    const change: RowChange = { stream: table.name, operation: 'update', row: told }
    if (!keyed) return { ...change, before }
    const moved = after[0] !== before[0]
    if (!moved) return random.below(2) === 0 ? change : { ...change, before }
    return { ...change, before: random.below(2) === 0 ? before : before.map((value, column) => (column === 0 ? value : undefined)) }
  }

  #delete(table: FuzzTable, rows: (readonly Value[])[], at: number): RowChange {
    const row = rows[at] as readonly Value[]
    rows.splice(at, 1)
    const keyOnly = table.schema.key.length > 0 && this.#random.below(2) === 0
    return { stream: table.name, operation: 'delete', row: row.map((value, column) => (keyOnly && column > 0 ? undefined : value)) }
  }
}
