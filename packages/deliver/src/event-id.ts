/**
 * The one identity of a delivered change (law 5): the same for every attempt, restart and resend, so that
 * a receiver can tell a repeat. It is a hash, because a receiver must not read meaning into it.
 */
import { hash } from 'node:crypto'

export interface EventPlace {
  readonly storeId: string
  readonly stream: string
  readonly partition: number
  readonly position: number
}

export function eventIdOf({ storeId, stream, partition, position }: EventPlace): string {
  const digest = hash('sha256', `${storeId}\0${stream}\0${partition}\0${position}`, 'buffer')
  return `msg_${base32(digest.subarray(0, 15))}`
}

/** Crockford's alphabet: no dot, and no letters that people confuse. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/** Five bytes make eight letters; the length is a multiple of five. */
function base32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let value = 0
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += ALPHABET[(value >>> bits) & 31]
    }
  }
  return text
}
