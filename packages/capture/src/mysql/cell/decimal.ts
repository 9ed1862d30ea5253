/**
 * DECIMAL: nine digits in four bytes, big-endian; fewer at either end in fewer bytes. The first bit is
 * inverted, and all bits of a negative number. Up to 38 digits it is a decimal, beyond that text as the
 * server prints it.
 */
import type { CellReader, CellSink } from './cell-sink.ts'
import { latin1Slice } from './slices.ts'

const DIGIT_BYTES = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4]
export const DECIMAL_WIDTH_MAX = 38
/** So many digits are exact in a double whatever they are. */
const EXACT_DIGITS = 15

export function decimalBytes(width: number, scale: number): number {
  const whole = width - scale
  return Math.floor(whole / 9) * 4 + (DIGIT_BYTES[whole % 9] as number) + Math.floor(scale / 9) * 4 + (DIGIT_BYTES[scale % 9] as number)
}

/** The digits of each group and how many bytes it takes, in the order of the bytes. */
function groupsOf(width: number, scale: number): { digits: number; bytes: number }[] {
  const whole = width - scale
  const odd = (digits: number): { digits: number; bytes: number }[] =>
    digits === 0 ? [] : [{ digits, bytes: DIGIT_BYTES[digits] as number }]
  const full = (count: number): { digits: number; bytes: number }[] => Array.from({ length: count }, () => ({ digits: 9, bytes: 4 }))
  return [...odd(whole % 9), ...full(Math.floor(whole / 9)), ...full(Math.floor(scale / 9)), ...odd(scale % 9)]
}

/** `asText` has it read as text whatever its width: for decimals within JSON. */
export function decimalReader(width: number, scale: number, asText = width > DECIMAL_WIDTH_MAX): CellReader {
  const groups = groupsOf(width, scale)
  if (asText) return wideReader(groups, scale)
  if (width <= EXACT_DIGITS) {
    const factors = groups.map(({ digits }) => 10 ** digits)
    return (buffer, start, _end, into) => {
      const negative = ((buffer[start] as number) & 0x80) === 0
      let value = 0
      let at = start
      for (let index = 0; index < groups.length; index += 1) {
        const { bytes } = groups[index] as { bytes: number }
        value = value * (factors[index] as number) + groupAt(buffer, at, bytes, { negative, first: index === 0 })
        at += bytes
      }
      into.pushNumber(negative && value !== 0 ? -value : value)
    }
  }
  const factors = groups.map(({ digits }) => 10n ** BigInt(digits))
  return (buffer, start, _end, into) => {
    const negative = ((buffer[start] as number) & 0x80) === 0
    let value = 0n
    let at = start
    for (const [index, { bytes }] of groups.entries()) {
      value = value * (factors[index] as bigint) + BigInt(groupAt(buffer, at, bytes, { negative, first: index === 0 }))
      at += bytes
    }
    into.pushWhole(negative ? -value : value)
  }
}

function wideReader(groups: readonly { digits: number; bytes: number }[], scale: number): CellReader {
  return (buffer, start, _end, into) => {
    const negative = ((buffer[start] as number) & 0x80) === 0
    let digits = ''
    let at = start
    for (const [index, group] of groups.entries()) {
      digits += String(groupAt(buffer, at, group.bytes, { negative, first: index === 0 })).padStart(group.digits, '0')
      at += group.bytes
    }
    into.pushText(plainText(negative, digits.slice(0, digits.length - scale), digits.slice(digits.length - scale)))
  }
}

function groupAt(buffer: Buffer, at: number, bytes: number, { negative, first }: { negative: boolean; first: boolean }): number {
  let value = 0
  for (let index = 0; index < bytes; index += 1) {
    let byte = buffer[at + index] as number
    if (first && index === 0) byte ^= 0x80
    if (negative) byte ^= 0xff
    value = value * 256 + byte
  }
  return value
}

function plainText(negative: boolean, whole: string, fraction: string): string {
  const trimmed = whole.replace(/^0+(?=\d)/, '') || '0'
  const text = fraction === '' ? trimmed : `${trimmed}.${fraction}`
  return negative && /[1-9]/.test(text) ? `-${text}` : text
}

/** As the server prints it: always with all digits of the scale. */
export function readDecimalText(buffer: Buffer, start: number, end: number, into: CellSink): void {
  const digits = latin1Slice(buffer, start, end).replace('.', '')
  if (digits.length <= EXACT_DIGITS) {
    const value = Number(digits)
    into.pushNumber(value === 0 ? 0 : value)
  } else into.pushWhole(BigInt(digits))
}

/** Zeros that fill the width are no part of the number. */
export function readWideDecimalText(buffer: Buffer, start: number, end: number, into: CellSink): void {
  const text = latin1Slice(buffer, start, end)
  const negative = text.startsWith('-')
  const [whole = '', fraction = ''] = (negative ? text.slice(1) : text).split('.')
  into.pushText(plainText(negative, whole, fraction))
}
