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
