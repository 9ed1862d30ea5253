/** What was dropped, counted at once and told a little later, so that telling costs `send` nothing. */
import type { Drop, DropReason } from './options.ts'

const TELL_AFTER_MS = 50
/** Different streams that are told apart; a host that invents names without end fills no memory. */
const KINDS_MAX = 1000

export class DropLedger {
  readonly #onDrop: ((drop: Drop) => void) | undefined
  readonly #byReason = new Map<DropReason, number>()
  readonly #untold = new Map<string, { reason: DropReason; stream: string; events: number }>()
  #total = 0
  #timer: NodeJS.Timeout | null = null

  constructor(onDrop: ((drop: Drop) => void) | undefined) {
    this.#onDrop = onDrop
  }

  get total(): number {
    return this.#total
  }

  byReason(): Partial<Record<DropReason, number>> {
    return Object.fromEntries(this.#byReason)
  }

  add(reason: DropReason, stream: string, events: number): void {
    if (events === 0) return
    this.#total += events
    this.#byReason.set(reason, (this.#byReason.get(reason) ?? 0) + events)
    if (this.#onDrop === undefined) return
    const name = `${reason} ${stream}`
    const untold = this.#untold.get(name)
    if (untold !== undefined) untold.events += events
    else if (this.#untold.size < KINDS_MAX) this.#untold.set(name, { reason, stream, events })
    this.#timer ??= setTimeout(() => this.tell(), TELL_AFTER_MS).unref()
  }

  tell(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    const drops = [...this.#untold.values()]
    this.#untold.clear()
    for (const drop of drops) {
      try {
        this.#onDrop?.(drop)
      } catch {
        // The host's own callback failed; that must not become the agent's failure.
      }
    }
  }
}
