/** Kafka's hash of a record's key: murmur2 with Kafka's seed, over the key's bytes as they are sent. */
const MULTIPLIER = 0x5bd1e995
const SEED = 0x9747b28c

export function murmur2(bytes: Uint8Array): number {
  let hash = (SEED ^ bytes.length) | 0
  let at = 0
  for (; bytes.length - at >= 4; at += 4) {
    let word = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)
    word = Math.imul(word, MULTIPLIER)
    word ^= word >>> 24
    hash = Math.imul(hash, MULTIPLIER) ^ Math.imul(word, MULTIPLIER)
  }
  if (at < bytes.length) {
    hash ^= (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16)
    hash = Math.imul(hash, MULTIPLIER)
  }
  hash ^= hash >>> 13
  hash = Math.imul(hash, MULTIPLIER)
  return (hash ^ (hash >>> 15)) | 0
}
