import type { RowMatch } from './row-match.ts'
import { SlotIndex } from './slot-index.ts'

/** A slot index that remembers each slot's hash, for owners that do not. */
export class HashedSlots {
  #index = new SlotIndex()
  #hashes: Int32Array = new Int32Array(64)
  #isHeld: Uint8Array = new Uint8Array(64)

  get bytes(): number {
    return this.#index.bytes + this.#hashes.byteLength + this.#isHeld.byteLength
  }

  find(hash: number, match: RowMatch, row: number): number {
    return this.#index.find(hash, match, row)
  }

  holds(slot: number): boolean {
    return slot < this.#isHeld.length && this.#isHeld[slot] === 1
  }

  add(hash: number, slot: number): void {
    if (slot >= this.#hashes.length) this.#grow(Math.max(slot + 1, this.#hashes.length * 2))
    this.#hashes[slot] = hash
    this.#isHeld[slot] = 1
    this.#index.add(hash, slot)
  }

  remove(slot: number): void {
    this.#isHeld[slot] = 0
    this.#index.remove(this.#hashes[slot] as number, slot)
  }

  clear(): void {
    this.#index = new SlotIndex()
    this.#hashes = new Int32Array(64)
    this.#isHeld = new Uint8Array(64)
  }

  #grow(capacity: number): void {
    const hashes = new Int32Array(capacity)
    hashes.set(this.#hashes)
    this.#hashes = hashes
    const isHeld = new Uint8Array(capacity)
    isHeld.set(this.#isHeld)
    this.#isHeld = isHeld
  }
}
