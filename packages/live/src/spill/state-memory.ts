/**
 * How much memory the state of all live models takes together. Over the limit the parts of the state that
 * were used longest ago are written to a scratch file and read again when a change touches them.
 */
import { ScratchFile } from './scratch-file.ts'

/** A part of some state that is in memory at present. */
export interface HeldPart {
  readonly bytes: number
  /** It is being worked on. */
  readonly isPinned: boolean
  /** Takes itself out of memory, by splitting where it is too large to be moved as a whole. */
  spill(): void
}

/** Whoever has states, which all end together. */
export interface StateOwner {
  close(): void
}

export interface StateMemoryOptions {
  /** What the state may take; without it nothing is ever spilled. */
  readonly bytesLimit?: number
  /** A part above this is split when memory runs short. */
  readonly partBytesLimit?: number
  /** The folder of the scratch file. */
  readonly folder?: string
}

const PART_BYTES_LEAST = 64 << 10
const PART_BYTES_MOST = 2 << 20
/** Of so many parts the limit should hold at least. */
const PARTS_WANTED = 64

export class StateMemory {
  readonly bytesLimit: number
  readonly partBytesLimit: number
  readonly scratch: ScratchFile
  /** In the order of their last use. */
  readonly #held = new Set<HeldPart>()
  readonly #owners = new Set<StateOwner>()
  #bytes = 0

  constructor({ bytesLimit = Infinity, partBytesLimit, folder }: StateMemoryOptions = {}) {
    this.bytesLimit = bytesLimit
    const wanted = Math.min(PART_BYTES_MOST, Math.max(PART_BYTES_LEAST, bytesLimit / PARTS_WANTED))
    this.partBytesLimit = partBytesLimit ?? wanted
    this.scratch = new ScratchFile(folder)
  }

  /** What all states take in memory. */
  get bytes(): number {
    return this.#bytes
  }

  get isBounded(): boolean {
    return Number.isFinite(this.bytesLimit)
  }

  opened(owner: StateOwner): void {
    this.#owners.add(owner)
  }

  /** Closes the states of one that is no more. */
  release(owner: StateOwner): void {
    if (this.#owners.delete(owner)) owner.close()
  }

  /** A part was used; `grownBy` since it was last. */
  used(part: HeldPart, grownBy: number): void {
    this.#held.delete(part)
    this.#held.add(part)
    this.#bytes += grownBy
  }

  /** A part is not in memory any more. */
  left(part: HeldPart, bytes: number): void {
    if (this.#held.delete(part)) this.#bytes -= bytes
  }

  /** Spills until the limit is held, or nothing but what is being worked on is left. */
  settle(): void {
    if (this.#bytes <= this.bytesLimit) return
    // A part that can only be relieved of some of its bytes stays, and has its turn once.
    for (const part of Array.from(this.#held)) {
      if (this.#bytes <= this.bytesLimit) return
      if (!part.isPinned) part.spill()
    }
  }

  /** Closes the states of all. */
  releaseAll(): void {
    for (const owner of this.#owners) this.release(owner)
  }

  close(): void {
    this.releaseAll()
    this.scratch.close()
  }
}
