/**
 * A multiset in order, which can tell its first key, its last and the one at any rank. Keys lie in
 * sorted chunks of a few hundred: a change finds its chunk and its place by halving and moves part of
 * one chunk, so that a bag of a million keys changes as fast as a small one. What a reader computes of a
 * chunk is kept until the chunk changes.
 */
export type Compare<K> = (left: K, right: K) => number

interface Chunk<K> {
  /** In order, each once; never none. */
  readonly keys: K[]
  /** How often each is there. Within a batch a key may go before it comes: less than 0. */
  readonly weights: number[]
  /** How many keys count, each as often as it does. */
  total: number
  summary: unknown
}

const CHUNK_LIMIT = 512
/** Two neighbours that fit into so much become one. */
const MERGE_LIMIT = 256

export class OrderedBag<K> {
  readonly #compare: Compare<K>
  /** Each different key counts once. */
  readonly #distinct: boolean
  readonly #chunks: Chunk<K>[] = []
  #total = 0
  #size = 0

  constructor(compare: Compare<K>, distinct: boolean) {
    this.#compare = compare
    this.#distinct = distinct
  }

  /** How many keys count, each as often as it does. */
  get count(): number {
    return this.#total
  }

  /** How many different keys are there. */
  get size(): number {
    return this.#size
  }

  *entries(): Iterable<readonly [K, number]> {
    for (const { keys, weights } of this.#chunks) for (const [at, key] of keys.entries()) yield [key, weights[at] as number]
  }

  /** Whether at most one different key is there. */
  get isSmall(): boolean {
    return this.#chunks.length === 0 || (this.#chunks.length === 1 && (this.#chunks[0] as Chunk<K>).keys.length < 2)
  }

  /** The one key that is left, as often as it is there; undefined where none is. */
  only(): { readonly key: K; readonly weight: number } | undefined {
    const chunk = this.#chunks[0]
    return chunk === undefined ? undefined : { key: chunk.keys[0] as K, weight: chunk.weights[0] as number }
  }

  change(key: K, weight: number): void {
    if (this.#chunks.length === 0) this.#chunks.push({ keys: [], weights: [], total: 0, summary: undefined })
    const at = this.#chunkOf(key)
    const chunk = this.#chunks[at] as Chunk<K>
    const place = this.#placeOf(chunk.keys, key)
    chunk.summary = undefined
    const isThere = place < chunk.keys.length && this.#compare(chunk.keys[place] as K, key) === 0
    const before = isThere ? (chunk.weights[place] as number) : 0
    const grown = this.#counted(before + weight) - this.#counted(before)
    chunk.total += grown
    this.#total += grown
    if (!isThere) this.#insert(at, chunk, { key, weight, place })
    else if (before + weight === 0) this.#remove(at, chunk, place)
    else chunk.weights[place] = before + weight
  }

  /** The key at a rank from 0 to `count`, in order. */
  at(rank: number): K {
    let rest = rank
    let at = 0
    while (rest >= (this.#chunks[at] as Chunk<K>).total) {
      rest -= (this.#chunks[at] as Chunk<K>).total
      at += 1
    }
    const { keys, weights } = this.#chunks[at] as Chunk<K>
    let place = 0
    for (;;) {
      rest -= this.#counted(weights[place] as number)
      if (rest < 0) return keys[place] as K
      place += 1
    }
  }

  /** What `summarize` makes of the keys of each chunk, in order. One bag has one reader. */
  summaries<T>(summarize: (keys: readonly K[], counts: readonly number[]) => T): readonly T[] {
    return this.#chunks.map((chunk) => {
      chunk.summary ??= summarize(chunk.keys, this.#distinct ? chunk.weights.map((weight) => this.#counted(weight)) : chunk.weights)
      return chunk.summary as T
    })
  }

  #counted(weight: number): number {
    return this.#distinct ? Number(weight > 0) : weight
  }

  /** The first chunk whose last key is not before the key, else the last chunk. */
  #chunkOf(key: K): number {
    let low = 0
    let high = this.#chunks.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      const { keys } = this.#chunks[middle] as Chunk<K>
      if (this.#compare(keys[keys.length - 1] as K, key) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  #placeOf(keys: readonly K[], key: K): number {
    let low = 0
    let high = keys.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#compare(keys[middle] as K, key) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  #insert(at: number, chunk: Chunk<K>, { key, weight, place }: { key: K; weight: number; place: number }): void {
    this.#size += 1
    chunk.keys.splice(place, 0, key)
    chunk.weights.splice(place, 0, weight)
    if (chunk.keys.length <= CHUNK_LIMIT) return
    // Keys that come in order leave full chunks behind.
    const isAppended = at === this.#chunks.length - 1 && place === chunk.keys.length - 1
    const cut = isAppended ? CHUNK_LIMIT : CHUNK_LIMIT >> 1
    const right = { keys: chunk.keys.splice(cut), weights: chunk.weights.splice(cut), total: 0, summary: undefined }
    for (const moved of right.weights) right.total += this.#counted(moved)
    chunk.total -= right.total
    this.#chunks.splice(at + 1, 0, right)
  }

  #remove(at: number, chunk: Chunk<K>, place: number): void {
    this.#size -= 1
    chunk.keys.splice(place, 1)
    chunk.weights.splice(place, 1)
    if (chunk.keys.length === 0) this.#chunks.splice(at, 1)
    else if (!this.#merge(at)) this.#merge(at - 1)
  }

  /** Takes the next chunk into this one where both are nearly empty. */
  #merge(at: number): boolean {
    const chunk = this.#chunks[at]
    const next = this.#chunks[at + 1]
    if (chunk === undefined || next === undefined || chunk.keys.length + next.keys.length > MERGE_LIMIT) return false
    chunk.keys.push(...next.keys)
    chunk.weights.push(...next.weights)
    chunk.total += next.total
    chunk.summary = undefined
    this.#chunks.splice(at + 1, 1)
    return true
  }
}
