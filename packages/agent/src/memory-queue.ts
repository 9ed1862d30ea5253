import type { Frame } from './frame.ts'
import type { EventQueue, QueuedBatch } from './queue.ts'

/** Sealed events in memory, outside the heap: nothing outlives the process. */
export class MemoryQueue implements EventQueue {
  readonly instance: string
  readonly diskBytes = 0
  readonly #bytesMax: number
  readonly #frames: Frame[] = []
  #bytes = 0
  #count = 0

  constructor(instance: string, bytesMax: number) {
    this.instance = instance
    this.#bytesMax = bytesMax
  }

  get memoryBytes(): number {
    return this.#bytes
  }

  get count(): number {
    return this.#count
  }

  get isEmpty(): boolean {
    return this.#frames.length === 0
  }

  isFull(bytes: number): boolean {
    return this.#bytes + bytes > this.#bytesMax
  }

  append(frame: Frame): void {
    this.#frames.push(frame)
    this.#bytes += frame.body.length
    this.#count += frame.count
  }

  async take(bytesMax: number): Promise<QueuedBatch | null> {
    return batchOf(this.#frames, bytesMax)
  }

  async release({ next }: QueuedBatch): Promise<void> {
    for (let frame = this.#frames[0]; frame !== undefined && frame.first < next; frame = this.#frames[0]) {
      this.#frames.shift()
      this.#bytes -= frame.body.length
      this.#count -= frame.count
    }
  }

  async settle(): Promise<boolean> {
    return false
  }

  saveNow(): void {}

  async close(): Promise<void> {}
}

/** The first frames of a list that fit into one batch, at least one. */
export function batchOf(frames: readonly Frame[], bytesMax: number): QueuedBatch | null {
  const bodies: Buffer[] = []
  let [bytes, count, next] = [0, 0, 0]
  for (const frame of frames) {
    if (bodies.length > 0 && bytes + frame.body.length > bytesMax) break
    bodies.push(frame.body)
    bytes += frame.body.length
    count += frame.count
    next = frame.first + frame.count
  }
  return frames[0] === undefined ? null : { first: frames[0].first, next, count, bytes, bodies }
}
