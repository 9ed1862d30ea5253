/** The events of a file in memory, as batches are stored: what has no log reads them as often as it likes, and they are nothing that V8's collector looks at. */
import { type Batch, decodeBatch, encodeBatch } from '@millrace/core'
import { batchOf, readEvents } from './event-file.ts'
import { type Kind, TABLES } from './tables.ts'

type Portion = readonly { readonly kind: Kind; readonly bytes: Uint8Array }[]

export class EventBatches {
  readonly #portions: readonly Portion[]
  readonly read: number

  static async of(file: string, kinds: ReadonlySet<Kind>, portionEvents: number): Promise<EventBatches> {
    const portions: Portion[] = []
    let read = 0
    for await (const portion of readEvents(file, kinds, portionEvents)) {
      portions.push([...portion].map(([kind, rows]) => ({ kind, bytes: encodeBatch(batchOf(kind, rows, 1)) })))
      for (const rows of portion.values()) read += rows.length
    }
    return new EventBatches(portions, read)
  }

  private constructor(portions: readonly Portion[], read: number) {
    this.#portions = portions
    this.read = read
  }

  /** Of as many events as go into one step. */
  *[Symbol.iterator](): Generator<readonly (readonly [Kind, Batch])[]> {
    for (const portion of this.#portions) yield portion.map(({ kind, bytes }) => [kind, decodeBatch(TABLES[kind].schema, bytes)])
  }
}
