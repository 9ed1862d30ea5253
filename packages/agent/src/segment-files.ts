/** The spill files of one instance: `00000001.spill` and on. Each is appended to, read from its start, and removed. */
import { closeSync, mkdirSync, openSync, readdirSync, renameSync, rmdirSync, statSync, writeSync } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'

const SUFFIX = '.spill'

export interface Segment {
  readonly number: number
  bytes: number
}

export class SegmentFiles {
  #folder: string

  constructor(folder: string) {
    this.#folder = folder
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  }

  list(): Segment[] {
    return readdirSync(this.#folder)
      .filter((name) => name.endsWith(SUFFIX))
      .map((name) => ({ number: Number(name.slice(0, -SUFFIX.length)), bytes: statSync(join(this.#folder, name)).size }))
      .filter(({ number }) => Number.isSafeInteger(number))
      .sort((left, right) => left.number - right.number)
  }

  /** Writes at a place of its own, so that a write that was cut short is written over by the next. */
  async write(segment: Segment, bytes: Buffer): Promise<void> {
    const file = await open(this.#path(segment), segment.bytes === 0 ? 'w' : 'r+', 0o600)
    try {
      let done = 0
      while (done < bytes.length) {
        const { bytesWritten } = await file.write(bytes, done, bytes.length - done, segment.bytes + done)
        done += bytesWritten
      }
      segment.bytes += bytes.length
    } finally {
      await file.close()
    }
  }

  writeNow(segment: Segment, bytes: Buffer): void {
    const file = openSync(this.#path(segment), segment.bytes === 0 ? 'w' : 'r+', 0o600)
    try {
      let done = 0
      while (done < bytes.length) done += writeSync(file, bytes, done, bytes.length - done, segment.bytes + done)
      segment.bytes += bytes.length
    } finally {
      closeSync(file)
    }
  }

  /** Up to so many bytes from `from`; fewer at the end. */
  async read(segment: Segment, from: number, bytesMax: number): Promise<Buffer> {
    const file = await open(this.#path(segment), 'r')
    try {
      const into = Buffer.allocUnsafe(Math.min(bytesMax, segment.bytes - from))
      let done = 0
      while (done < into.length) {
        const { bytesRead } = await file.read(into, done, into.length - done, from + done)
        if (bytesRead === 0) break
        done += bytesRead
      }
      return into.subarray(0, done)
    } finally {
      await file.close()
    }
  }

  async remove(segment: Segment): Promise<void> {
    await rm(this.#path(segment), { force: true })
  }

  /** Under its new name the folder is another process's to take. */
  leave(folder: string): void {
    try {
      rmdirSync(this.#folder)
    } catch {
      renameSync(this.#folder, folder)
      this.#folder = folder
    }
  }

  #path({ number }: Segment): string {
    return join(this.#folder, `${String(number).padStart(8, '0')}${SUFFIX}`)
  }
}
