/**
 * Where the frames of a zstd file end. Node's decompressor stops after the first one and says nothing, so
 * that a file made of several (a log that was appended to, the output of several threads) would lose the rest.
 */
const MAGIC = 0xfd2fb528
const SKIPPABLE = 0x184d2a50
const CONTENT_BYTES = [0, 2, 4, 8]
const DICTIONARY_BYTES = [0, 1, 2, 4]

export type FramePiece =
  | { readonly kind: 'data'; readonly bytes: Uint8Array }
  /** The frame is complete. */
  | { readonly kind: 'end' }

type State = 'magic' | 'header' | 'block' | 'checksum' | 'skipSize'

/** Walks over the compressed bytes as they come. `pieces` yields them again, with the ends of the frames between. */
export class ZstdFrames {
  #state: State = 'magic'
  /** Bytes that may pass before the next decision. */
  #pass = 0
  #skipping = false
  #checksum = false
  #last = false
  #pending: Buffer = Buffer.alloc(0)

  /** True between frames: a file may end here. */
  get complete(): boolean {
    return this.#state === 'magic' && this.#pass === 0 && this.#pending.length === 0
  }

  /** Null if what comes is no frame. */
  *pieces(chunk: Uint8Array): Generator<FramePiece, boolean> {
    let bytes =
      this.#pending.length === 0 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength) : Buffer.concat([this.#pending, chunk])
    this.#pending = Buffer.alloc(0)
    while (bytes.length > 0) {
      if (this.#pass > 0) {
        const passed = bytes.subarray(0, this.#pass)
        this.#pass -= passed.length
        bytes = bytes.subarray(passed.length)
        if (!this.#skipping) yield { kind: 'data', bytes: passed }
        if (this.#pass === 0) {
          if (this.#skipping) this.#skipping = false
          else if (this.#state === 'magic') yield { kind: 'end' }
        }
        continue
      }
      const known = this.#decide(bytes)
      if (known === 'more') {
        this.#pending = Buffer.from(bytes)
        return true
      }
      if (known === 'no frame') return false
      if (this.#state === 'skipSize') {
        bytes = bytes.subarray(8)
        this.#state = 'magic'
      }
    }
    return true
  }

  #decide(bytes: Buffer): 'ok' | 'more' | 'no frame' {
    switch (this.#state) {
      case 'magic':
      case 'header':
      case 'skipSize':
        return this.#header(bytes)
      case 'block':
        return this.#block(bytes)
      case 'checksum':
        this.#pass = 4
        this.#state = 'magic'
        return 'ok'
    }
  }

  #header(bytes: Buffer): 'ok' | 'more' | 'no frame' {
    if (bytes.length < 5) return 'more'
    const magic = bytes.readUInt32LE(0)
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) {
      if (bytes.length < 8) return 'more'
      this.#pass = bytes.readUInt32LE(4)
      this.#skipping = this.#pass > 0
      this.#state = 'skipSize'
      return 'ok'
    }
    if (magic !== MAGIC) return 'no frame'
    const descriptor = bytes[4] as number
    const single = (descriptor & 0x20) !== 0
    const content = descriptor >> 6
    const contentBytes = content === 0 && single ? 1 : (CONTENT_BYTES[content] as number)
    this.#checksum = (descriptor & 4) !== 0
    this.#pass = 5 + (single ? 0 : 1) + (DICTIONARY_BYTES[descriptor & 3] as number) + contentBytes
    this.#state = 'block'
    return 'ok'
  }

  #block(bytes: Buffer): 'ok' | 'more' {
    if (bytes.length < 3) return 'more'
    const header = bytes.readUIntLE(0, 3)
    const kind = (header >> 1) & 3
    this.#last = (header & 1) === 1
    // A block of kind 1 is one byte, to be repeated.
    this.#pass = 3 + (kind === 1 ? 1 : header >> 3)
    this.#state = this.#last ? (this.#checksum ? 'checksum' : 'magic') : 'block'
    return 'ok'
  }
}
