/** Randomness as a stage sees it, so that a seed replays a run. */
export interface Random {
  /** A double in [0, 1). */
  next(): number
  /** A whole number in [0, below). */
  below(below: number): number
  bytes(count: number): Uint8Array
}

export const systemRandom: Random = fromNext(
  () => Math.random(),
  (count) => crypto.getRandomValues(new Uint8Array(count)),
)

/** Marsaglia-style 32-bit generator (mulberry32): short, fast, and the same on every machine. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  return fromNext(next, (count) => Uint8Array.from({ length: count }, () => Math.floor(next() * 256)))
}

function fromNext(next: () => number, bytes: (count: number) => Uint8Array): Random {
  return { next, below: (below) => Math.floor(next() * below), bytes }
}

/** Picks one of a non-empty list. */
export function pick<T>(random: Random, list: readonly T[]): T {
  return list[random.below(list.length)] as T
}
