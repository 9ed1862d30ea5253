/** Numbers as mainframes keep them. Each yields the whole number of its smallest units; `undefined` is none. */

/** A sign in the zone of the last digit, as it looks once made characters: `{`, A–I are +0…+9, `}`, J–R are -0…-9; p–y are Micro Focus's. */
export function readOverpunch(text: string): bigint | undefined {
  const trimmed = text.trim()
  const last = trimmed.at(-1) ?? ''
  const plain = /^[+-]?\d+$/.test(trimmed) ? BigInt(trimmed.replace('+', '')) : undefined
  if (plain !== undefined) return plain
  const positive = '{ABCDEFGHI'.indexOf(last)
  const negative = positive >= 0 ? -1 : '}JKLMNOPQR'.indexOf(last)
  const foreign = positive >= 0 || negative >= 0 ? -1 : 'pqrstuvwxy'.indexOf(last)
  const digit = Math.max(positive, negative, foreign)
  const rest = trimmed.slice(0, -1)
  if (digit < 0 || !/^\d*$/.test(rest)) return undefined
  const value = BigInt(`${rest}${digit}`)
  return positive >= 0 ? value : -value
}

/** Two digits a byte; the last half byte is the sign: C, A, E, F are plus, D and B minus. */
export function readPacked(bytes: Uint8Array): bigint | undefined {
  let digits = ''
  for (const [at, byte] of bytes.entries()) {
    digits += HALF[byte >> 4]
    if (at < bytes.length - 1) digits += HALF[byte & 15]
  }
  const sign = (bytes.at(-1) ?? 0) & 15
  if (sign < 10 || !/^\d+$/.test(digits)) return undefined
  return sign === 0xd || sign === 0xb ? -BigInt(digits) : BigInt(digits)
}

const HALF = '0123456789abcdef'.split('')

export interface BinaryForm {
  readonly signed: boolean
  readonly little: boolean
}

export function readBinary(bytes: Uint8Array, { signed, little }: BinaryForm): bigint {
  let value = 0n
  for (const byte of little ? bytes.toReversed() : bytes) value = value * 256n + BigInt(byte)
  return signed ? BigInt.asIntN(bytes.length * 8, value) : value
}

/** Digits with a sign before or after them, and no point. */
export function readDigits(text: string): bigint | undefined {
  const match = /^([+-]?)(\d+)([+-]?)$/.exec(text.trim())
  if (match === null || (match[1] !== '' && match[3] !== '') || text.length > CHARACTERS_MAX) return undefined
  const value = BigInt(match[2] as string)
  return match[1] === '-' || match[3] === '-' ? -value : value
}

const CHARACTERS_MAX = 400
