/**
 * Writes the changes of one cut as messages of bounded size. Each carries the position after its last
 * change, so that a subscriber can go on from the middle of a large cut; the cut's last one says so.
 */
import type { Place } from './position.ts'
import { Message } from './message.ts'
import { READING_LIMITS } from './reading-limits.ts'

export interface CutHead {
  readonly cut: number
  readonly asOf: number | null
  readonly committedMs: number
}

/** A message and the stretch of the log that it tells. */
export interface Told {
  readonly message: Message
  readonly start: number
  readonly next: number
}

export class ChangeWriter {
  readonly #positionOf: (place: Place) => string
  readonly #tell: (told: Told) => void
  #parts: string[] = []
  #length = 0
  #start = 0
  #head: CutHead | null = null
  /** Something of this cut has left already. */
  #began = false

  constructor(positionOf: (place: Place) => string, tell: (told: Told) => void) {
    this.#positionOf = positionOf
    this.#tell = tell
  }

  begin(head: CutHead, start: number): void {
    this.#head = head
    this.#start = start
    this.#began = false
  }

  /** `next` is the log's position after this change. */
  add(change: string, next: number): void {
    this.#parts.push(change)
    this.#length += change.length
    if (this.#parts.length >= READING_LIMITS.messageRows || this.#length >= READING_LIMITS.messageBytes) this.#flush(next, false)
  }

  /** Nothing is told of a cut in which nothing was added. */
  finish(next: number): void {
    if (this.#parts.length > 0 || this.#began) this.#flush(next, true)
  }

  #flush(next: number, last: boolean): void {
    const { cut, asOf, committedMs } = this.#head as CutHead
    const position = this.#positionOf({ next, committedMs })
    const head = JSON.stringify({ type: 'changes', cut, asOf, committedMs, last, position })
    const text = `${head.slice(0, -1)},"changes":[${this.#parts.join(',')}]}`
    this.#tell({ message: new Message(text, position), start: this.#start, next })
    this.#parts = []
    this.#length = 0
    this.#start = next
    this.#began = true
  }
}
