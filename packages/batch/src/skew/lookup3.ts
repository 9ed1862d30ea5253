/**
 * Bob Jenkins's lookup3, as Postgres computes it on every machine that we run on (little-endian): the hash
 * behind its hash partitions and behind Citus. With a seed it yields 64 bits, without one 32.
 */
export interface Hash64 {
  readonly high: number
  readonly low: number
}

export const NO_SEED: Hash64 = { high: 0, low: 0 }
const GOLDEN = 0x9e3779b9
const OFFSET = 3923095

/** Of bytes. Its low half is what Postgres calls the hash of 32 bits where there is no seed. */
export function hashBytes(bytes: Uint8Array, seed: Hash64): Hash64 {
  const state = startState(bytes.length, seed)
  let at = 0
  for (; bytes.length - at >= 12; at += 12) {
    state.a += wordAt(bytes, at)
    state.b += wordAt(bytes, at + 4)
    state.c += wordAt(bytes, at + 8)
    mix(state)
  }
  state.a += wordAt(bytes, at)
  state.b += wordAt(bytes, at + 4)
  // The lowest byte of the last word is kept for the length.
  state.c += wordAt(bytes, at + 8) << 8
  return finish(state)
}

/** Of a whole number of 32 bits, which Postgres hashes without its last round over bytes. */
export function hashWord(word: number, seed: Hash64): Hash64 {
  const state = startState(4, seed)
  state.a += word
  return finish(state)
}

interface State {
  a: number
  b: number
  c: number
}

function startState(length: number, seed: Hash64): State {
  const start = (GOLDEN + length + OFFSET) | 0
  const state = { a: start, b: start, c: start }
  if (seed.high !== 0 || seed.low !== 0) {
    state.a += seed.high
    state.b += seed.low
    mix(state)
  }
  return state
}

/** Four bytes, the lowest first; what lies beyond the end counts as nothing. */
function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)
}

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by))
}

function mix(state: State): void {
  let { a, b, c } = state
  a = ((a - c) ^ rotate(c, 4)) | 0
  c = (c + b) | 0
  b = ((b - a) ^ rotate(a, 6)) | 0
  a = (a + c) | 0
  c = ((c - b) ^ rotate(b, 8)) | 0
  b = (b + a) | 0
  a = ((a - c) ^ rotate(c, 16)) | 0
  c = (c + b) | 0
  b = ((b - a) ^ rotate(a, 19)) | 0
  a = (a + c) | 0
  c = ((c - b) ^ rotate(b, 4)) | 0
  b = (b + a) | 0
  state.a = a
  state.b = b
  state.c = c
}

function finish({ a, b, c }: State): Hash64 {
  c = ((c ^ b) - rotate(b, 14)) | 0
  a = ((a ^ c) - rotate(c, 11)) | 0
  b = ((b ^ a) - rotate(a, 25)) | 0
  c = ((c ^ b) - rotate(b, 16)) | 0
  a = ((a ^ c) - rotate(c, 4)) | 0
  b = ((b ^ a) - rotate(a, 14)) | 0
  c = ((c ^ b) - rotate(b, 24)) | 0
  return { high: b >>> 0, low: c >>> 0 }
}
