/**
 * A window that moves over a file's bytes: whoever cuts records sees one stretch of memory at a time, and
 * what was left of it at the beginning of the next. The window is used again and again: nothing may keep a
 * part of it.
 */
import { assert } from '@millrace/base'
import { ASCII_BREAKS } from './record-cutter.ts'

export class Pieces {
  readonly #chunks: AsyncIterator<Uint8Array>
  readonly #room: number
  #chunk: Uint8Array = new Uint8Array(0)
  #chunkFrom = 0
  /** One byte more than may be filled: cutters put a stop there. */
  readonly bytes: Buffer
  from = 0
  to = 0
  /** True once no more bytes will come. */
  ended = false
  /** Where `from` is in the file. */
  offset = 0

  /** `room`: the longest stretch that may ever be asked for. */
  constructor(bytes: AsyncIterable<Uint8Array>, room: number) {
    this.#chunks = bytes[Symbol.asyncIterator]()
    this.#room = room
    this.bytes = Buffer.alloc(room + 1)
  }

  /** True if no more can be asked for until some is taken. */
  get full(): boolean {
    return this.length >= this.#room
  }

  get length(): number {
    return this.to - this.from
  }

  /** Sees to it that `wanted` bytes are in the window, or all that there are. */
  async fill(wanted: number): Promise<void> {
    const target = Math.min(wanted, this.#room)
    if (this.length >= target || this.ended) return
    if (this.from > 0) this.bytes.copyWithin(0, this.from, this.to)
    this.to -= this.from
    this.from = 0
    while (this.length < target) {
      if (this.#chunkFrom === this.#chunk.length && !(await this.#next())) return
      const step = this.#chunk.subarray(this.#chunkFrom, this.#chunkFrom + target - this.to)
      this.bytes.set(step, this.to)
      this.#chunkFrom += step.length
      this.to += step.length
    }
  }

  take(at: number): void {
    assert(at >= this.from && at <= this.to, 'what was taken is in the window')
    this.offset += at - this.from
    this.from = at
  }

  /** Passes over bytes without looking at them. */
  async skip(bytes: number): Promise<void> {
    for (let left = bytes; left > 0;) {
      await this.fill(Math.min(left, SKIP_BYTES))
      if (this.length === 0) return
      const step = Math.min(left, this.length)
      this.take(this.from + step)
      left -= step
    }
  }

  /** Passes over what is left of a line, and its end. */
  async skipLine(breaks: ReadonlySet<number> = ASCII_BREAKS): Promise<void> {
    for (;;) {
      await this.fill(SKIP_BYTES)
      let at = this.from
      while (at < this.to && !breaks.has(this.bytes[at] as number)) at += 1
      this.take(at)
      if (this.length === 0) {
        if (this.ended) return
        continue
      }
      // A carriage return and what it may be half of.
      await this.fill(2)
      const [first, second] = this.bytes.subarray(this.from, this.to)
      const pair = first === CR && second !== undefined && second !== CR && breaks.has(second)
      return this.take(this.from + (pair ? 2 : 1))
    }
  }

  async close(): Promise<void> {
    await this.#chunks.return?.()
  }

  async #next(): Promise<boolean> {
    const next = await this.#chunks.next()
    if (next.done === true) {
      this.ended = true
      return false
    }
    this.#chunk = next.value
    this.#chunkFrom = 0
    return true
  }
}

const SKIP_BYTES = 65_536
const CR = 0x0d
