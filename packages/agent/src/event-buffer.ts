/**
 * Events between `send` and the next seal: their texts as they are, side by side with their times and
 * sections. Only pushes happen within `send`; joining and numbering them is the seal's work.
 */
import type { Frame, Section } from './frame.ts'

/** What an event takes here beside the letters of its text: three cells and the string's own head. */
const EVENT_OVERHEAD_BYTES = 48

export class EventBuffer {
  #texts: string[] = []
  #times: number[] = []
  #sectionOf: number[] = []
  readonly #sections: Section[] = []
  #bytes = 0
  /** The number of the next event to be sealed. */
  #first = 0
  #taken = 0

  get bytes(): number {
    return this.#bytes
  }

  get count(): number {
    return this.#texts.length - this.#taken
  }

  /** The number that the next event gets. */
  get next(): number {
    return this.#first + this.count
  }

  /** When the oldest was sent; Infinity where there is none. */
  get oldestMs(): number {
    return this.#times[this.#taken] ?? Number.POSITIVE_INFINITY
  }

  addSection(section: Section): number {
    this.#sections.push(section)
    return this.#sections.length - 1
  }

  push(section: number, timeMs: number, text: string): void {
    this.#texts.push(text)
    this.#times.push(timeMs)
    this.#sectionOf.push(section)
    this.#bytes += text.length + EVENT_OVERHEAD_BYTES
  }

  /** Takes events up to the limit, at least one; null where there are none. */
  seal(bytesMax: number): Frame | null {
    const from = this.#taken
    const total = this.#texts.length
    if (from === total) return null
    const local = new Map<number, number>()
    const baseMs = this.#times[from] as number
    let lines = ''
    let bytes = 0
    let at = from
    for (; at < total && (at === from || bytes < bytesMax); at += 1) {
      const text = this.#texts[at] as string
      lines += `${localOf(local, this.#sectionOf[at] as number)} ${(this.#times[at] as number) - baseMs} ${text}\n`
      bytes += text.length + EVENT_OVERHEAD_BYTES
    }
    const head = { first: this.#first, count: at - from, time: baseMs, sections: [...local.keys()].map((each) => this.#sections[each]) }
    const frame = { first: this.#first, count: at - from, body: Buffer.from(`${JSON.stringify(head)}\n${lines}`) }
    this.#first += at - from
    this.#bytes -= bytes
    this.#forget(at)
    return frame
  }

  /** Sealed events are let go all at once where none is left; otherwise when they are the greater part. */
  #forget(taken: number): void {
    this.#taken = taken
    if (taken === this.#texts.length) {
      this.#texts = []
      this.#times = []
      this.#sectionOf = []
      this.#taken = 0
    } else if (taken * 2 > this.#texts.length) {
      this.#texts = this.#texts.slice(taken)
      this.#times = this.#times.slice(taken)
      this.#sectionOf = this.#sectionOf.slice(taken)
      this.#taken = 0
    }
  }
}

function localOf(local: Map<number, number>, section: number): number {
  const known = local.get(section)
  if (known !== undefined) return known
  local.set(section, local.size)
  return local.size - 1
}
