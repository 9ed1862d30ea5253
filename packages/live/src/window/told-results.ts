import type { StoredColumn } from '../zset/row-table.ts'

/** What was told of rows before the present step, of one call. */
export class ToldResults {
  readonly #column: StoredColumn

  constructor(column: StoredColumn) {
    this.#column = column
  }

  get layout(): StoredColumn['layout'] {
    return this.#column.layout
  }

  /** The value of a row from before the step; null for NULL. */
  valueOf(slot: number): unknown {
    const { values, nulls } = this.#column
    return nulls !== null && nulls[slot] === 1 ? null : values[slot]
  }

  /** Whether a value, null for NULL, was told of a row from before the step. */
  holds(slot: number, value: unknown): boolean {
    const told = this.valueOf(slot)
    if (told instanceof Uint8Array && value instanceof Uint8Array) return Buffer.compare(told, value) === 0
    return Object.is(told, value)
  }
}
