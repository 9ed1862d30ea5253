/**
 * What a model's stream says its rows are: every change applied as a consumer would, each strictly. An
 * insert of a key that is there, an update or a delete of a row that is not there as told, or an update
 * that changes nothing, is an error.
 */
import { assert } from '@millrace/base'
import { changeAt, type LogReader, type Schema, type Value } from '@millrace/core'

export class PublishedRelation {
  readonly #rows = new Map<string, { readonly row: readonly Value[]; count: number }>()
  readonly #byKey = new Map<string, string>()
  readonly #schema: Schema
  #cut = -1

  constructor(schema: Schema) {
    this.#schema = schema
  }

  /** Applies what the stream holds up to a cut of the log; `seen` is told the rows after each cut. */
  read(reader: LogReader, stream: string, seen?: (cut: number, rows: readonly (readonly Value[])[]) => void): this {
    for (const stored of reader.read(stream, this.#cut < 0 ? {} : { afterCut: this.#cut })) {
      if (stored.cut !== this.#cut && this.#cut >= 0) seen?.(this.#cut, this.rows())
      this.#cut = stored.cut
      const batch = stored.batch()
      for (let at = 0; at < batch.count; at += 1) {
        const { operation, after, before } = changeAt(batch, at)
        if (operation === 'truncate') this.#clear()
        else if (operation === 'insert') this.#add(after as Value[])
        else if (operation === 'delete') this.#remove(after as Value[])
        else {
          assert(before !== null && textOf(before as Value[]) !== textOf(after as Value[]), 'an update changes the row')
          this.#remove(before as Value[])
          this.#add(after as Value[])
        }
      }
    }
    if (this.#cut >= 0) seen?.(this.#cut, this.rows())
    return this
  }

  rows(): readonly (readonly Value[])[] {
    return [...this.#rows.values()].flatMap(({ row, count }) => Array.from({ length: count }, () => row))
  }

  #clear(): void {
    this.#rows.clear()
    this.#byKey.clear()
  }

  #add(row: readonly Value[]): void {
    const text = textOf(row)
    const key = this.#keyOf(row)
    if (key !== null) {
      assert(!this.#byKey.has(key), 'a key is inserted once')
      this.#byKey.set(key, text)
    }
    const held = this.#rows.get(text)
    if (held === undefined) this.#rows.set(text, { row, count: 1 })
    else held.count += 1
  }

  #remove(row: readonly Value[]): void {
    const text = textOf(row)
    const held = this.#rows.get(text)
    assert(held !== undefined, 'only a row that is there goes')
    held.count -= 1
    if (held.count === 0) this.#rows.delete(text)
    const key = this.#keyOf(row)
    if (key !== null) this.#byKey.delete(key)
  }

  #keyOf(row: readonly Value[]): string | null {
    const { key } = this.#schema
    return key.length === 0 ? null : textOf(key.map((column) => row[column] as Value))
  }
}

/** A row as text in which different values differ. */
export function textOf(row: readonly Value[]): string {
  return JSON.stringify(row, (_key, value: unknown) => {
    if (typeof value === 'bigint') return `${value}n`
    if (typeof value === 'number' && !Number.isFinite(value)) return `${value}f`
    if (Object.is(value, -0)) return '-0f'
    return value
  })
}
