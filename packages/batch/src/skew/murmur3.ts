/** Spark's hash of a row: murmur3 of 32 bits, each column seeded with the hash of those before it. */
export const SPARK_SEED = 42

export function murmur3Word(word: number, seed: number): number {
  return finish(mixHash(seed, word), 4)
}

/** Of a whole number of 64 bits. */
export function murmur3Long(value: bigint, seed: number): number {
  const low = Number(BigInt.asIntN(32, value))
  const high = Number(BigInt.asIntN(32, value >> 32n))
  return finish(mixHash(mixHash(seed, low), high), 8)
}

/** Spark takes each byte after the last whole word as a signed word of its own, unlike murmur3 elsewhere. */
export function murmur3Bytes(bytes: Uint8Array, seed: number): number {
  let hash = seed
  let at = 0
  for (; bytes.length - at >= 4; at += 4) {
    const word = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)
    hash = mixHash(hash, word)
  }
  for (; at < bytes.length; at += 1) hash = mixHash(hash, ((bytes[at] ?? 0) << 24) >> 24)
  return finish(hash, bytes.length)
}

function mixHash(hash: number, word: number): number {
  let mixed = Math.imul(word, 0xcc9e2d51)
  mixed = (mixed << 15) | (mixed >>> 17)
  mixed = Math.imul(mixed, 0x1b873593)
  const next = hash ^ mixed
  return (Math.imul((next << 13) | (next >>> 19), 5) + 0xe6546b64) | 0
}

function finish(hash: number, length: number): number {
  let last = hash ^ length
  last = Math.imul(last ^ (last >>> 16), 0x85ebca6b)
  last = Math.imul(last ^ (last >>> 13), 0xc2b2ae35)
  return (last ^ (last >>> 16)) | 0
}
