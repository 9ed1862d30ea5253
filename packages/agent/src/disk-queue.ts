/**
 * Sealed events in append-only files. A frame is written before it is sent, and its file is removed when all
 * of it was accepted; after a crash the files are sent from their start, and the server knows what it has.
 *
 * A write is safe from the process's end as soon as the system has taken it; it is not synced, so a machine
 * that loses its power may lose the last moments. While the disk refuses, frames wait in memory, are sent
 * from there, and the disk is tried again.
 */
import type { Frame } from './frame.ts'
import { batchOf } from './memory-queue.ts'
import type { EventQueue, QueuedBatch } from './queue.ts'
import type { Segment, SegmentFiles } from './segment-files.ts'
import { findRecord, RECORD_BYTES_MAX, RECORD_HEAD_BYTES, recordAt, recordOf } from './spill-record.ts'

/** A file that is longer is followed by a new one; so much at most is sent again after a crash. */
const SEGMENT_BYTES = 4_194_304
const WRITE_BYTES_MAX = 1_048_576
const DISK_RETRY_MS = 1000

export interface DiskQueueOptions {
  readonly instance: string
  readonly files: SegmentFiles
  readonly memoryBytesMax: number
  readonly diskBytesMax: number
  readonly freeName: string
  readonly onDamage: (events: number, what: string) => void
  readonly onProblem: (message: string) => void
  /** More may be taken than before. */
  readonly onWritten: () => void
}

interface Cursor {
  offset: number
  /** The number that is expected next; null before the first frame. */
  next: number | null
}

export class DiskQueue implements EventQueue {
  readonly instance: string
  readonly #options: DiskQueueOptions
  readonly #segments: Segment[]
  /** In the first segment. */
  readonly #cursor: Cursor = { offset: 0, next: null }
  /** Appended and not written yet, oldest first. */
  readonly #unwritten: Frame[] = []
  #unwrittenBytes = 0
  #diskBytes: number
  #count = 0
  #writing: Promise<void> | null = null
  #failing = false
  #retry: NodeJS.Timeout | null = null
  /** What was taken and not released: it is told once more rather than read once more. */
  #taken: { readonly batch: QueuedBatch; readonly endOffset: number | 'memory' } | null = null
  #closed = false

  constructor(options: DiskQueueOptions) {
    this.instance = options.instance
    this.#options = options
    this.#segments = options.files.list()
    this.#diskBytes = this.#segments.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  get memoryBytes(): number {
    return this.#unwrittenBytes
  }

  get diskBytes(): number {
    return this.#diskBytes
  }

  get count(): number {
    return this.#count
  }

  get isEmpty(): boolean {
    return this.#unwritten.length === 0 && this.#diskBytes === 0
  }

  isFull(bytes: number): boolean {
    const { memoryBytesMax, diskBytesMax } = this.#options
    return this.#unwrittenBytes + bytes > memoryBytesMax || this.#diskBytes + this.#unwrittenBytes + bytes > diskBytesMax
  }

  append(frame: Frame): void {
    this.#unwritten.push(frame)
    this.#unwrittenBytes += frame.body.length
    this.#count += frame.count
    if (!this.#failing) this.#write()
  }

  async take(bytesMax: number): Promise<QueuedBatch | null> {
    if (this.#taken !== null) return this.#taken.batch
    for (let segment = this.#segments[0]; segment !== undefined; segment = this.#segments[0]) {
      if (this.#cursor.offset < segment.bytes) {
        const batch = await this.#read(segment, bytesMax)
        if (batch !== null) return batch
      } else {
        const isInUse = this.#segments.length === 1 && (this.#writing !== null || segment.bytes === 0)
        if (isInUse) break
        await this.#drop(segment)
      }
    }
    if (!this.#failing || this.#writing !== null) return null
    const batch = batchOf(this.#unwritten, bytesMax)
    if (batch !== null) this.#taken = { batch, endOffset: 'memory' }
    return batch
  }

  async release(batch: QueuedBatch): Promise<void> {
    const taken = this.#taken
    if (taken === null || taken.batch !== batch) return
    this.#taken = null
    this.#count = Math.max(0, this.#count - batch.count)
    this.#cursor.next = batch.next
    if (taken.endOffset === 'memory') {
      for (let frame = this.#unwritten[0]; frame !== undefined && frame.first < batch.next; frame = this.#unwritten[0]) {
        this.#shiftUnwritten(frame)
      }
      return
    }
    this.#cursor.offset = taken.endOffset
    const segment = this.#segments[0]
    if (segment !== undefined && this.#cursor.offset >= segment.bytes && this.#writing === null) await this.#drop(segment)
  }

  async settle(): Promise<boolean> {
    while (this.#writing !== null && !this.#failing) await this.#writing
    return this.#unwritten.length === 0
  }

  saveNow(): void {
    if (this.#closed) return
    try {
      for (const frame of this.#unwritten) this.#options.files.writeNow(this.#last(), recordOf(frame))
      this.#unwritten.length = 0
    } catch {
      // The process ends; there is nobody left to tell.
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    if (this.#retry !== null) clearTimeout(this.#retry)
    await (this.#writing ?? Promise.resolve())
    const first = this.#segments[0]
    if (first !== undefined && this.#taken === null && this.#cursor.offset >= first.bytes) await this.#drop(first)
    try {
      this.#options.files.leave(this.#options.freeName)
    } catch {
      // It stays under this process's name, and is free when the process ends.
    }
  }

  #write(): void {
    if (this.#writing !== null || this.#closed || this.#unwritten.length === 0) return
    // What is being sent from memory is not written behind its back: it would be sent twice.
    if (this.#taken?.endOffset === 'memory') return this.#retryLater()
    this.#writing = this.#writeSome()
      .then(
        () => {
          this.#failing = false
        },
        (error: unknown) => {
          if (!this.#failing) this.#options.onProblem(`The disk does not take events (${messageOf(error)}); they wait in memory.`)
          this.#failing = true
          this.#retryLater()
        },
      )
      .finally(() => {
        this.#writing = null
        if (!this.#failing) this.#write()
        this.#options.onWritten()
      })
  }

  /** One write, in which many frames may share. */
  async #writeSome(): Promise<void> {
    const frames: Frame[] = []
    let bytes = 0
    for (const frame of this.#unwritten) {
      if (frames.length > 0 && bytes + frame.body.length > WRITE_BYTES_MAX) break
      frames.push(frame)
      bytes += frame.body.length
    }
    const records = Buffer.concat(frames.map(recordOf))
    await this.#options.files.write(this.#last(), records)
    this.#diskBytes += records.length
    for (const frame of frames) this.#shiftUnwritten(frame)
  }

  #retryLater(): void {
    if (this.#retry !== null) clearTimeout(this.#retry)
    this.#retry = setTimeout(() => this.#write(), DISK_RETRY_MS).unref()
  }

  #shiftUnwritten(frame: Frame): void {
    this.#unwritten.shift()
    this.#unwrittenBytes -= frame.body.length
  }

  /** The segment to append to. */
  #last(): Segment {
    const last = this.#segments.at(-1)
    if (last !== undefined && last.bytes < SEGMENT_BYTES) return last
    const segment = { number: (last?.number ?? 0) + 1, bytes: 0 }
    this.#segments.push(segment)
    return segment
  }

  async #drop(segment: Segment): Promise<void> {
    this.#segments.shift()
    this.#diskBytes = Math.max(0, this.#diskBytes - segment.bytes)
    this.#cursor.offset = 0
    // A number that was used is not used again while the process lives: the name stays this file's alone.
    if (this.#segments.length === 0) this.#segments.push({ number: segment.number + 1, bytes: 0 })
    await this.#options.files
      .remove(segment)
      .catch((error: unknown) => this.#options.onProblem(`A sent file cannot be removed: ${messageOf(error)}.`))
  }

  /** The frames from the cursor on; null where none is whole. Whatever is passed over is said. */
  async #read(segment: Segment, bytesMax: number): Promise<QueuedBatch | null> {
    const from = this.#cursor.offset
    if (from >= segment.bytes) return null
    let bytes = await this.#bytesOf(segment, bytesMax + RECORD_HEAD_BYTES)
    const frames: Frame[] = []
    let at = 0
    let size = 0
    while (at < bytes.length) {
      const found = recordAt(bytes, at)
      if (typeof found === 'object') {
        if (frames.length > 0 && size + found.frame.body.length > bytesMax) break
        if (frames.length === 0) this.#tellGap(found.frame.first)
        frames.push(found.frame)
        size += found.frame.body.length
        at = found.end
        continue
      }
      if (frames.length > 0) break
      const isAll = from + bytes.length >= segment.bytes
      if (found === 'short' && !isAll) {
        bytes = await this.#bytesOf(segment, RECORD_BYTES_MAX + RECORD_HEAD_BYTES)
        continue
      }
      if (!isAll) bytes = await this.#bytesOf(segment, segment.bytes)
      return this.#passOver(segment, bytes)
    }
    const batch = batchOf(frames, Number.POSITIVE_INFINITY)
    if (batch !== null) this.#taken = { batch, endOffset: from + at }
    return batch
  }

  #bytesOf(segment: Segment, bytesMax: number): Promise<Buffer> {
    return this.#options.files.read(segment, this.#cursor.offset, bytesMax)
  }

  /** The cursor stands at something that is no record: it goes on to the next one, or to the file's end. */
  #passOver(segment: Segment, rest: Buffer): null {
    const next = findRecord(rest, 1)
    if (next === null) this.#options.onProblem(`The end of a spill file was cut short: ${rest.length} bytes are left out.`)
    else this.#options.onProblem(`A spill file is damaged: ${next.start} bytes are passed over.`)
    this.#cursor.offset = next === null ? Math.max(segment.bytes, this.#cursor.offset + rest.length) : this.#cursor.offset + next.start
    return null
  }

  #tellGap(first: number): void {
    const expected = this.#cursor.next
    if (expected !== null && first > expected) this.#options.onDamage(first - expected, `events ${expected} to ${first - 1}`)
    this.#cursor.next = first
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
