/**
 * The rows that a model has now, folded from its stream, with the indexes by which they are found.
 * Rows are immutable: a change replaces one, so that whoever holds a list of them holds one moment.
 */
import { assert } from '@millrace/base'
import { type Batch, OPERATION, type Schema, type Value } from '@millrace/core'
import { identityText } from './row-identity.ts'
import { valuesAt } from './row-text.ts'

export interface HeldRow {
  readonly values: readonly Value[]
  /** More than one only where the model has no key. */
  readonly copies: number
}

/** What a row takes beside its values: the object, the text of its identity, its places in two tables. */
const ROW_BYTES = 160
const INDEX_BYTES = 96

export class ModelRows {
  readonly schema: Schema
  readonly #identity: readonly number[]
  readonly #rows = new Map<string, HeldRow>()
  readonly #indexes: readonly RowIndex[]
  #bytes = 0

  constructor(schema: Schema, indexes: readonly (readonly number[])[]) {
    this.schema = schema
    this.#identity = schema.key.length > 0 ? schema.key : schema.columns.map((_, at) => at)
    this.#indexes = indexes.map((columns) => new RowIndex(columns))
  }

  /** By estimate. */
  get bytes(): number {
    return this.#bytes
  }

  get count(): number {
    return this.#rows.size
  }

  apply(batch: Batch): void {
    for (let row = 0; row < batch.count; row += 1) {
      const operation = batch.operations[row]
      if (operation === OPERATION.TRUNCATE) this.#clear()
      else if (operation === OPERATION.DELETE) this.#remove(valuesAt(batch.after, row))
      else {
        assert(operation === OPERATION.INSERT || batch.before !== null, 'an update of a model tells the row before')
        if (operation === OPERATION.UPDATE) this.#remove(valuesAt(batch.before ?? [], row))
        this.#add(valuesAt(batch.after, row))
      }
    }
  }

  /** The rows of this moment; each once, with its copies. */
  all(): HeldRow[] {
    return [...this.#rows.values()]
  }

  /** The rows with these values in these columns; null where neither the key nor an index has them. */
  find(columns: readonly number[], values: readonly Value[]): readonly HeldRow[] | null {
    // Each column's place among the values, in the order of the key or of the index.
    const placesOf = (wanted: readonly number[]): number[] => wanted.map((column) => columns.indexOf(column))
    if (sameColumns(columns, this.schema.key)) {
      const row = this.#rows.get(identityText(values, placesOf(this.schema.key)))
      return row === undefined ? [] : [row]
    }
    const index = this.#indexes.find((each) => sameColumns(columns, each.columns))
    return index === undefined ? null : index.find(identityText(values, placesOf(index.columns)))
  }

  #add(values: readonly Value[]): void {
    const identity = identityText(values, this.#identity)
    const held = this.#rows.get(identity)
    assert(held === undefined || this.schema.key.length === 0, 'a key is inserted once')
    this.#replace(identity, held, { values: held?.values ?? values, copies: (held?.copies ?? 0) + 1 })
  }

  #remove(values: readonly Value[]): void {
    const identity = identityText(values, this.#identity)
    const held = this.#rows.get(identity)
    assert(held !== undefined, 'only a row that is there goes')
    this.#replace(identity, held, held.copies === 1 ? undefined : { values: held.values, copies: held.copies - 1 })
  }

  #replace(identity: string, held: HeldRow | undefined, now: HeldRow | undefined): void {
    if (held !== undefined) {
      for (const index of this.#indexes) index.remove(held)
      this.#bytes -= this.#bytesOf(held)
    }
    if (now === undefined) {
      this.#rows.delete(identity)
      return
    }
    this.#rows.set(identity, now)
    for (const index of this.#indexes) index.add(now)
    this.#bytes += this.#bytesOf(now)
  }

  #bytesOf({ values }: HeldRow): number {
    let bytes = ROW_BYTES + INDEX_BYTES * this.#indexes.length
    for (const value of values)
      bytes += typeof value === 'string' ? 24 + value.length : value instanceof Uint8Array ? 96 + value.length : 12
    return bytes
  }

  #clear(): void {
    this.#rows.clear()
    for (const index of this.#indexes) index.clear()
    this.#bytes = 0
  }
}

class RowIndex {
  readonly columns: readonly number[]
  readonly #rows = new Map<string, Set<HeldRow>>()

  constructor(columns: readonly number[]) {
    this.columns = columns
  }

  find(text: string): readonly HeldRow[] {
    return [...(this.#rows.get(text) ?? [])]
  }

  add(row: HeldRow): void {
    const text = identityText(row.values, this.columns)
    const held = this.#rows.get(text)
    if (held === undefined) this.#rows.set(text, new Set([row]))
    else held.add(row)
  }

  remove(row: HeldRow): void {
    const text = identityText(row.values, this.columns)
    const held = this.#rows.get(text)
    held?.delete(row)
    if (held?.size === 0) this.#rows.delete(text)
  }

  clear(): void {
    this.#rows.clear()
  }
}

function sameColumns(left: readonly number[], right: readonly number[]): boolean {
  return left.length > 0 && left.length === right.length && left.every((column) => right.includes(column))
}
