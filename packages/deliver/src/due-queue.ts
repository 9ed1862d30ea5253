/** What is due when: a binary heap, so that ten thousand waiting keys cost nothing until one is due. */
export class DueQueue<Item> {
  readonly #heap: { readonly dueMs: number; readonly item: Item }[] = []

  get size(): number {
    return this.#heap.length
  }

  /** When the first item is due; null where none waits. */
  get firstDueMs(): number | null {
    return this.#heap[0]?.dueMs ?? null
  }

  push(dueMs: number, item: Item): void {
    const heap = this.#heap
    const entry = { dueMs, item }
    let at = heap.length
    heap.push(entry)
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = heap[parent]
      if (above === undefined || above.dueMs <= dueMs) break
      heap[at] = above
      at = parent
    }
    heap[at] = entry
  }

  /** Takes the first item if it is due by now. */
  takeDue(nowMs: number): Item | null {
    const first = this.#heap[0]
    if (first === undefined || first.dueMs > nowMs) return null
    const last = this.#heap.pop()
    if (last !== undefined && last !== first) this.#sink(last)
    return first.item
  }

  #sink(entry: { readonly dueMs: number; readonly item: Item }): void {
    const heap = this.#heap
    let at = 0
    for (;;) {
      const left = 2 * at + 1
      const right = heap[left + 1]
      const child = right !== undefined && right.dueMs < (heap[left]?.dueMs ?? 0) ? left + 1 : left
      const below = heap[child]
      if (below === undefined || below.dueMs >= entry.dueMs) break
      heap[at] = below
      at = child
    }
    heap[at] = entry
  }
}
