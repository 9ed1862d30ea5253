import type { CellOptions, TextReader } from './cell-options.ts'

const TRUE = ['true', 't', 'yes', 'y', '1']
const FALSE = ['false', 'f', 'no', 'n', '0']

/** Words that the author declares count as they are written; the usual ones in any case. */
export function booleanReader(options: CellOptions): TextReader {
  const words = new Map<string, boolean>()
  for (const word of options.booleans?.true ?? TRUE) words.set(word, true)
  for (const word of options.booleans?.false ?? FALSE) words.set(word, false)
  if (options.booleans !== undefined) return (text) => words.get(text.trim())
  return (text) => words.get(text.trim().toLowerCase())
}

/** `true`, `false`, and one character; all else is left to the words. */
export function fastBoolean(bytes: Uint8Array, start: number, end: number): number {
  const first = (bytes[start] as number) | LOWER
  const length = end - start
  if (length === 4 && first === LETTER_T && rest(bytes, start, 0x72, 0x75) && ((bytes[start + 3] as number) | LOWER) === LETTER_E) return 1
  if (length === 5 && first === LETTER_F && rest(bytes, start, 0x61, 0x6c) && rest(bytes, start + 2, 0x73, LETTER_E)) return 0
  if (length !== 1) return Number.NaN
  if (first === LETTER_T || bytes[start] === 0x31) return 1
  return first === LETTER_F || bytes[start] === 0x30 ? 0 : Number.NaN
}

const LOWER = 0x20
const LETTER_E = 0x65
const LETTER_F = 0x66
const LETTER_T = 0x74

function rest(bytes: Uint8Array, start: number, second: number, third: number): boolean {
  return ((bytes[start + 1] as number) | LOWER) === second && ((bytes[start + 2] as number) | LOWER) === third
}
