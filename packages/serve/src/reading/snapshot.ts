/** The rows of one moment as messages, encoded when the first subscriber gets there and shared by those who come with it. */
import type { Schema } from '@millrace/core'
import { Message } from './message.ts'
import type { HeldRow } from './model-rows.ts'
import { READING_LIMITS } from './reading-limits.ts'
import { lanesOfRows, type RowFilter, wantedRows } from './row-filter.ts'
import { type RowText, rowTextOf } from './row-text.ts'

export interface SnapshotOptions {
  readonly schema: Schema
  readonly rows: readonly HeldRow[]
  readonly filter: RowFilter
  /** Where the log goes on after these rows. */
  readonly next: number
  readonly position: string
  readonly cut: number
}

interface Part {
  /** Null where none of its rows is wanted. */
  readonly message: Message | null
  readonly rows: number
}

export class Snapshot {
  readonly next: number
  readonly position: string
  readonly #options: SnapshotOptions
  readonly #rowText: RowText
  readonly #kept: Part[] = []
  #keptBytes = 0

  constructor(options: SnapshotOptions) {
    this.#options = options
    this.#rowText = rowTextOf(options.schema)
    this.next = options.next
    this.position = options.position
  }

  get parts(): number {
    return Math.ceil(this.#options.rows.length / READING_LIMITS.messageRows)
  }

  /** Raises READ_FILTER_FAILED. */
  part(at: number): Part {
    const kept = this.#kept[at]
    if (kept !== undefined) return kept
    const part = this.#encoded(at)
    if (this.#keptBytes < READING_LIMITS.snapshotBytes) {
      this.#kept[at] = part
      this.#keptBytes += part.message?.length ?? 0
    }
    return part
  }

  end(rows: number): Message {
    const { position, cut } = this.#options
    return new Message(JSON.stringify({ type: 'snapshot', rows, cut, position }), position)
  }

  #encoded(at: number): Part {
    const { schema, rows, filter } = this.#options
    const slice = rows.slice(at * READING_LIMITS.messageRows, (at + 1) * READING_LIMITS.messageRows)
    const wanted = wantedRows(filter, lanesOfRows(schema, filter, slice), slice.length)
    const texts = slice.flatMap(({ values, copies }, row) =>
      wanted === null || wanted[row] === 1 ? new Array<string>(copies).fill(this.#rowText(values)) : [],
    )
    return { message: texts.length === 0 ? null : new Message(`{"type":"rows","rows":[${texts.join(',')}]}`), rows: texts.length }
  }
}
