/**
 * Fetches small objects that will be read next while others are read: their number times the way to them is what
 * many small files cost. What is held is bounded by both limits (law 8).
 */
import type { ListedObject, ObjectStore } from './object-store.ts'

const OBJECTS_AHEAD = 16
const SMALL_BYTES = 262_144

export class ReadAhead {
  readonly #store: ObjectStore
  readonly #ahead = new Map<string, Promise<readonly Uint8Array[]>>()

  constructor(store: ObjectStore) {
    this.#store = store
  }

  /** These will be read in this order; the first few of them are begun. */
  expect(objects: Iterable<ListedObject>, signal: AbortSignal): void {
    for (const object of objects) {
      if (this.#ahead.size >= OBJECTS_AHEAD) return
      if (object.size > SMALL_BYTES || this.#ahead.has(object.key)) continue
      const pieces = collect(this.#store.read(object, signal))
      // Whoever reads it hears of what went wrong; if nobody does, it was of no matter.
      pieces.catch(() => undefined)
      this.#ahead.set(object.key, pieces)
    }
  }

  async *read(object: ListedObject, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const pieces = this.#ahead.get(object.key)
    if (pieces === undefined) return yield* this.#store.read(object, signal)
    this.#ahead.delete(object.key)
    yield* await pieces
  }

  /** What was fetched is not wanted any more: it may be another version by the next time. */
  clear(): void {
    this.#ahead.clear()
  }
}

async function collect(bytes: AsyncIterable<Uint8Array>): Promise<readonly Uint8Array[]> {
  const pieces: Uint8Array[] = []
  for await (const piece of bytes) pieces.push(piece)
  return pieces
}
