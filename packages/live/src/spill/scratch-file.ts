/**
 * What does not fit into memory, in a file that nobody else sees: it has no name once it is open, so that it
 * goes with the process, however that ends. Nothing in it must survive: it is computed again at a start.
 *
 * Room is given in pieces of a power of two and used again by what comes next of that size.
 */
import { assert, MillraceError } from '@millrace/base'
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const PIECE_BYTES_LEAST = 512

/** Where something lies. */
export interface Extent {
  readonly at: number
  readonly bytes: number
}

export class ScratchFile {
  readonly #folder: string
  #descriptor: number | null = null
  #end = 0
  /** Per size of a piece the places that are free. */
  readonly #free = new Map<number, number[]>()

  constructor(folder: string = tmpdir()) {
    this.#folder = folder
  }

  write(bytes: Uint8Array): Extent {
    const extent = { at: this.#place(pieceBytes(bytes.length)), bytes: bytes.length }
    this.#reach(() => {
      let done = 0
      while (done < bytes.length) done += writeSync(this.#open(), bytes, done, bytes.length - done, extent.at + done)
    })
    return extent
  }

  read({ at, bytes }: Extent): Uint8Array<ArrayBuffer> {
    const read = new Uint8Array(bytes)
    this.#reach(() => {
      let done = 0
      while (done < bytes) {
        const count = readSync(this.#open(), read, done, bytes - done, at + done)
        assert(count > 0, 'what was written to the scratch file is there')
        done += count
      }
    })
    return read
  }

  free({ at, bytes }: Extent): void {
    const size = pieceBytes(bytes)
    const places = this.#free.get(size)
    if (places === undefined) this.#free.set(size, [at])
    else places.push(at)
  }

  close(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor)
    this.#descriptor = null
    this.#end = 0
    this.#free.clear()
  }

  #place(size: number): number {
    const free = this.#free.get(size)?.pop()
    if (free !== undefined) return free
    const at = this.#end
    this.#end += size
    return at
  }

  #open(): number {
    if (this.#descriptor !== null) return this.#descriptor
    const folder = mkdtempSync(join(this.#folder, 'millrace-scratch-'))
    this.#descriptor = openSync(join(folder, 'state'), 'w+', 0o600)
    rmSync(folder, { recursive: true })
    return this.#descriptor
  }

  #reach(act: () => void): void {
    try {
      act()
    } catch (cause) {
      if (!(cause instanceof Error) || !('syscall' in cause)) throw cause
      throw new MillraceError('LIVE_SCRATCH_IO', { cause, details: { folder: this.#folder, problem: cause.message } })
    }
  }
}

function pieceBytes(bytes: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(PIECE_BYTES_LEAST, bytes)))
}
