/**
 * Which positions of one partition have been seen, and with which id. Positions count from 0 without
 * gaps, so a growing array of 32-bit fingerprints is exact about presence and nearly so about ids, at
 * four bytes a delivery.
 */
const POSITIONS_MAX = 100_000_000

export type Sight = 'first' | 'again' | 'other id'

export class PositionSet {
  #fingerprints = new Uint32Array(1024)
  #seen = 0
  #next = 0

  /** How many different positions were seen. */
  get seen(): number {
    return this.#seen
  }

  /** One more than the highest position seen; without a hole it equals `seen`. */
  get next(): number {
    return this.#next
  }

  add(position: number, id: string): Sight {
    if (!Number.isSafeInteger(position) || position < 0 || position >= POSITIONS_MAX) throw new RangeError(`position ${position}`)
    if (position >= this.#fingerprints.length) this.#grow(position)
    const fingerprint = fingerprintOf(id)
    const known = this.#fingerprints[position]
    if (known !== 0) return known === fingerprint ? 'again' : 'other id'
    this.#fingerprints[position] = fingerprint
    this.#seen += 1
    this.#next = Math.max(this.#next, position + 1)
    return 'first'
  }

  /** The first few positions below `next` that were never seen. */
  holes(limit: number): number[] {
    const holes: number[] = []
    for (let position = 0; position < this.#next && holes.length < limit; position += 1) {
      if (this.#fingerprints[position] === 0) holes.push(position)
    }
    return holes
  }

  #grow(position: number): void {
    const grown = new Uint32Array(Math.min(POSITIONS_MAX, Math.max(position + 1, this.#fingerprints.length * 2)))
    grown.set(this.#fingerprints)
    this.#fingerprints = grown
  }
}

/** FNV-1a over the text's code units; 0 is kept for "not seen". */
function fingerprintOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0 || 1
}
