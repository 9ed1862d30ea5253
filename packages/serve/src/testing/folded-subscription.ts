/** A subscriber that folds what it is told, strictly: what is not there cannot go, what is there cannot come again. */
import { assert } from '@millrace/base'
import type { Change, Client, SubscribeOptions } from '@millrace/client'

export class FoldedSubscription {
  readonly seen: Change[] = []
  /** The rows after each commit that was told whole, by its cut. */
  readonly atCut = new Map<number, readonly string[]>()
  position: string | null = null
  failure: unknown = null
  reconnects = 0
  readonly #rows: string[] = []
  readonly #stop = new AbortController()
  readonly #done: Promise<void>
  #isReady = false
  readonly #waiting = new Set<() => void>()

  constructor(client: Client, options: SubscribeOptions = {}, model = 'revenue', before: readonly string[] = []) {
    this.#rows.push(...before)
    const subscription = client.subscribe(model, { ...options, signal: this.#stop.signal, onReconnect: () => (this.reconnects += 1) })
    this.#done = (async () => {
      for await (const change of subscription) this.#take(change)
    })().catch((error: unknown) => {
      this.failure = error
    })
    void this.#done.then(() => this.#wake())
  }

  get rows(): readonly string[] {
    return this.#rows.toSorted()
  }

  get isReady(): boolean {
    return this.#isReady
  }

  /** Resolves when the condition holds; fails where the subscription has. */
  async until(condition: (subscription: this) => boolean): Promise<void> {
    const deadline = Date.now() + 60_000
    while (!condition(this)) {
      if (this.failure !== null) throw this.failure as Error
      if (Date.now() > deadline) throw new Error(`it did not come to that: ${this.seen.length} changes, ${this.#rows.length} rows`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 100)
        this.#waiting.add(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
  }

  ready(): Promise<void> {
    return this.until(({ isReady }) => isReady)
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#done
  }

  #take(change: Change): void {
    const { operation, before, after } = change
    this.seen.push(change)
    if (operation === 'truncate') this.#rows.length = 0
    if (before !== null) {
      const at = this.#rows.indexOf(JSON.stringify(before))
      assert(at >= 0, `only a row that is there goes: ${JSON.stringify(before)}`)
      this.#rows.splice(at, 1)
    }
    if (after !== null) this.#rows.push(JSON.stringify(after))
    this.position = change.position ?? this.position
    if (operation === 'ready') this.#isReady = true
    if (change.last && change.cut !== null) this.atCut.set(change.cut, this.rows)
    this.#wake()
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }
}
