/** Texts out of a piece of a file, many of them from the same piece. */
import { isAscii, isUtf8 } from 'node:buffer'
import type { Encoding } from './encoding.ts'

/** Node gives it to every buffer, its types do not tell; `toString` costs nearly twice as much on short texts. */
export interface FastBuffer {
  utf8Slice(start: number, end: number): string
  latin1Slice(start: number, end: number): string
}

export interface KeptPiece {
  readonly bytes: Buffer
  /** Where its first byte stands in the window. */
  readonly base: number
}

/**
 * One piece at a time is `open`. Columns of text keep places in a piece that is all ASCII, and no string is made.
 * Else, once a cell is asked for, the piece is made a string as a whole, and a cell that is ASCII is a part of that
 * string: a third of what decoding each costs. Either way columns hold the piece, which is as long as a part.
 */
export class TextCells {
  readonly #encoding: Encoding
  #bytes: Buffer = Buffer.alloc(0)
  #base = 0
  #end = 0
  #whole: string | null = null
  #kept: KeptPiece | null = null
  #plain = true
  #ascii = true

  constructor(encoding: Encoding) {
    this.#encoding = encoding
  }

  /** False if the piece holds what is no text in this encoding; then `isText` tells which parts are. */
  open(bytes: Buffer, start: number, end: number): boolean {
    const piece = bytes.subarray(start, end)
    this.#bytes = bytes
    this.#base = start
    this.#end = end
    this.#whole = null
    this.#kept = null
    this.#ascii = isAscii(piece)
    this.#plain = this.#ascii || this.#encoding.kind === 'latin1' || this.#encoding.kind === 'ebcdic'
    if (this.#plain) return true
    switch (this.#encoding.kind) {
      case 'utf-8':
        return isUtf8(piece)
      case 'foreign':
        return !piece.includes('\uFFFD')
      case 'bytes':
        return this.isText(start, end)
      default:
        return true
    }
  }

  isText(start: number, end: number): boolean {
    const piece = this.#bytes.subarray(start, end)
    switch (this.#encoding.kind) {
      case 'utf-8':
        return isUtf8(piece)
      case 'foreign':
        return !piece.includes('\uFFFD')
      case 'bytes': {
        const { characters } = this.#encoding
        return piece.every((byte) => characters[byte] !== '\uFFFD')
      }
      default:
        return true
    }
  }

  text(start: number, end: number): string {
    if (!this.#plain && !isPlain(this.#bytes, start, end)) return decodeText(this.#encoding, this.#bytes, start, end)
    this.#whole ??= (this.#bytes as unknown as FastBuffer).latin1Slice(this.#base, this.#end)
    return this.#whole.substring(start - this.#base, end - this.#base)
  }

  /** Of bytes that lie elsewhere. */
  decode(bytes: Buffer): string {
    return decodeText(this.#encoding, bytes, 0, bytes.length)
  }

  /** The open piece for columns that keep it, whatever becomes of the window; null where a byte is not a character. */
  kept(): KeptPiece | null {
    if (!this.#ascii) return null
    if (this.#kept === null) {
      const bytes = Buffer.allocUnsafe(this.#end - this.#base)
      this.#bytes.copy(bytes, 0, this.#base, this.#end)
      this.#kept = { bytes, base: this.#base }
    }
    return this.#kept
  }
}

export function decodeText(encoding: Encoding, bytes: Buffer, start: number, end: number): string {
  switch (encoding.kind) {
    case 'latin1':
    case 'ebcdic':
      return (bytes as unknown as FastBuffer).latin1Slice(start, end)
    case 'bytes': {
      let text = ''
      for (let at = start; at < end; at += 1) text += encoding.characters[bytes[at] as number]
      return text
    }
    default:
      return (bytes as unknown as FastBuffer).utf8Slice(start, end)
  }
}

function isPlain(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if ((bytes[at] as number) >= 128) return false
  return true
}
