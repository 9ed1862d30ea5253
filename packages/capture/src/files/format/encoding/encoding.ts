/**
 * How the bytes of a file are characters. Where ASCII stands for itself, one byte a character or in UTF-8,
 * records are cut and numbers read from the file's own bytes and only texts are decoded. Encodings in which
 * it does not (UTF-16, Shift JIS) become UTF-8 before anything else looks at them.
 */
import { MillraceError } from '@millrace/base'
import { ebcdicTable } from './ebcdic.ts'

export type Encoding =
  | { readonly kind: 'utf-8'; readonly name: string }
  | { readonly kind: 'latin1'; readonly name: string }
  /** One byte a character, ASCII among them; `characters` has all 256. */
  | { readonly kind: 'bytes'; readonly name: string; readonly characters: readonly string[] }
  /** Each byte is another one of latin1. */
  | { readonly kind: 'ebcdic'; readonly name: string; readonly table: Uint8Array }
  /** To be made UTF-8 first. */
  | { readonly kind: 'foreign'; readonly name: string }

/** `latin1` is what it says; TextDecoder would take it for windows-1252. */
const LATIN1 = new Set(['latin1', 'latin-1', 'iso-8859-1', 'iso8859-1', 'iso_8859-1'])

export function encodingOf(name: string | undefined, file: string): Encoding {
  const asked = (name ?? 'utf-8').toLowerCase()
  if (LATIN1.has(asked)) return { kind: 'latin1', name: 'latin1' }
  const table = ebcdicTable(asked)
  if (table !== null) return { kind: 'ebcdic', name: asked, table }
  const known = labelOf(asked)
  if (known === null) {
    throw new MillraceError('FILE_FORMAT_INVALID', { details: { name: file, problem: `there is no encoding '${asked}'` } })
  }
  if (known === 'utf-8') return { kind: 'utf-8', name: known }
  const characters = charactersOf(known)
  return characters === null ? { kind: 'foreign', name: known } : { kind: 'bytes', name: known, characters }
}

function labelOf(name: string): string | null {
  try {
    return new TextDecoder(name).encoding
  } catch {
    return null
  }
}

/** Null where a byte alone is no character, or ASCII is not ASCII. */
function charactersOf(label: string): readonly string[] | null {
  const decoder = new TextDecoder(label)
  const characters = Array.from({ length: 256 }, (_, byte) => decoder.decode(Uint8Array.of(byte)))
  const single = characters.every((character, byte) => character.length === 1 && (byte >= 128 || character.charCodeAt(0) === byte))
  // In an encoding of several bytes the first of them, alone, is a replacement; so are holes in one of single bytes.
  const replaced = characters.filter((character) => character === '\uFFFD').length
  return single && replaced < 64 && !/^(gb|big5|shift|euc|iso-2022|utf)/.test(label) ? characters : null
}

/** Of a file in a foreign encoding, as UTF-8. What is no text in it becomes U+FFFD, by which its record is recognised. */
export async function* asUtf8(bytes: AsyncIterable<Uint8Array>, encoding: Encoding): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder(encoding.name)
  for await (const chunk of bytes) {
    const text = decoder.decode(chunk, { stream: true })
    if (text !== '') yield Buffer.from(text)
  }
  const rest = decoder.decode()
  if (rest !== '') yield Buffer.from(rest)
}
