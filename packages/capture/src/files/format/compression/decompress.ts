/** The bytes of a file as they were before it was compressed, as a stream, whatever its size. */
import { MillraceError } from '@millrace/base'
import type { Compression } from '@millrace/core'
import { once } from 'node:events'
import { createBrotliDecompress, createGunzip, createZstdDecompress } from 'node:zlib'
import { ZstdFrames } from './zstd-frames.ts'

/** A bomb: a file that grows to more than so many times its size. Of what people store, hardly any grows by a hundred. */
export const EXPANSION_MAX = 1000
/** Up to here any growth is harmless. */
const EXPANSION_FREE_BYTES = 67_108_864
/** An error tells its place to within so many bytes. */
const STEP_BYTES = 65_536

export interface Archive {
  readonly bytes: AsyncIterable<Uint8Array>
  readonly compression: Compression
  readonly name: string
  readonly expansionMax?: number | undefined
}

type Kind = Exclude<Compression, 'auto'>
type Inflater = ReturnType<typeof createGunzip> | ReturnType<typeof createZstdDecompress>

export async function* decompress(archive: Archive): AsyncGenerator<Uint8Array> {
  const chunks = archive.bytes[Symbol.asyncIterator]()
  try {
    const { first, ended } = await beginning(chunks)
    const kind = archive.compression === 'auto' ? kindOf(first) : archive.compression
    const bytes = whole(first, ended, chunks)
    if (kind === 'none') return yield* bytes
    yield* new Inflation(archive, kind).run(bytes)
  } finally {
    await chunks.return?.()
  }
}

/** Brotli has no mark of its own: it must be declared. */
function kindOf(first: Uint8Array): Kind {
  if (first[0] === 0x1f && first[1] === 0x8b) return 'gzip'
  const skippable = ((first[0] ?? 0) & 0xf0) === 0x50 && first[1] === 0x2a && first[2] === 0x4d && first[3] === 0x18
  return skippable || (first[0] === 0x28 && first[1] === 0xb5 && first[2] === 0x2f && first[3] === 0xfd) ? 'zstd' : 'none'
}

/** At least four bytes, if there are so many. */
async function beginning(chunks: AsyncIterator<Uint8Array>): Promise<{ first: Uint8Array; ended: boolean }> {
  let first: Uint8Array = new Uint8Array(0)
  while (first.length < 4) {
    const next = await chunks.next()
    if (next.done === true) return { first, ended: true }
    first = first.length === 0 ? next.value : Buffer.concat([first, next.value])
  }
  return { first, ended: false }
}

async function* whole(first: Uint8Array, ended: boolean, chunks: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (first.length > 0) yield first
  if (ended) return
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value
}

class Inflation {
  readonly #archive: Archive
  readonly #kind: Exclude<Kind, 'none'>
  readonly #limit: number
  #offered = 0
  #taken = 0
  #given = 0
  #failed: Error | null = null

  constructor(archive: Archive, kind: Exclude<Kind, 'none'>) {
    this.#archive = archive
    this.#kind = kind
    this.#limit = archive.expansionMax ?? EXPANSION_MAX
  }

  async *run(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const frames = this.#kind === 'zstd' ? new ZstdFrames() : null
    let inflater: Inflater | null = null
    try {
      for await (const chunk of bytes) {
        if (frames === null) {
          inflater ??= this.#inflater()
          yield* this.#inflate(inflater, chunk)
          continue
        }
        const pieces = frames.pieces(chunk)
        for (let piece = pieces.next(); ; piece = pieces.next()) {
          if (piece.done === true) {
            if (!piece.value) throw this.#damaged('what follows is no zstd frame')
            break
          }
          if (piece.value.kind === 'data') {
            inflater ??= this.#inflater()
            yield* this.#inflate(inflater, piece.value.bytes)
          } else if (inflater !== null) {
            yield* this.#finish(inflater)
            inflater = null
          }
        }
      }
      if (frames !== null && !frames.complete) throw this.#damaged('it ends in the middle of a frame')
      if (frames === null && inflater === null) throw this.#damaged('it is empty')
      if (inflater === null) return
      yield* this.#finish(inflater)
      // Brotli says nothing of what follows its end.
      if (this.#kind === 'brotli' && inflater.bytesWritten < this.#taken) throw this.#damaged('something follows its end')
    } finally {
      inflater?.destroy()
    }
  }

  #inflater(): Inflater {
    const inflater = this.#kind === 'gzip' ? createGunzip() : this.#kind === 'brotli' ? createBrotliDecompress() : createZstdDecompress()
    inflater.on('error', (error: Error) => {
      this.#failed = error
    })
    return inflater
  }

  /** Hands over a little at a time and takes what comes of it, so that neither side ever holds more than a buffer. */
  async *#inflate(inflater: Inflater, chunk: Uint8Array): AsyncGenerator<Uint8Array> {
    for (let from = 0; from < chunk.length; from += STEP_BYTES) {
      const step = chunk.subarray(from, from + STEP_BYTES)
      let taken = false
      this.#offered += step.length
      inflater.write(step, () => {
        taken = true
        inflater.emit('taken')
      })
      yield* this.#drain(inflater, () => taken)
      this.#taken += step.length
    }
  }

  async *#finish(inflater: Inflater): AsyncGenerator<Uint8Array> {
    inflater.end()
    yield* this.#drain(inflater, () => inflater.readableEnded)
  }

  async *#drain(inflater: Inflater, done: () => boolean): AsyncGenerator<Uint8Array> {
    for (;;) {
      for (let piece = inflater.read() as Buffer | null; piece !== null; piece = inflater.read() as Buffer | null) {
        this.#count(piece.length)
        yield piece
      }
      if (this.#failed !== null) throw this.#damaged(reasonOf(this.#failed), this.#failed)
      if (done()) return
      const wake = new AbortController()
      await Promise.race(
        ['readable', 'taken', 'end', 'error'].map((event) => once(inflater, event, { signal: wake.signal }).catch(() => [])),
      )
      wake.abort()
    }
  }

  #count(bytes: number): void {
    this.#given += bytes
    if (this.#given <= EXPANSION_FREE_BYTES || this.#given <= this.#limit * this.#offered) return
    throw new MillraceError('FILE_ARCHIVE_TOO_LARGE', { details: { name: this.#archive.name, limit: this.#limit, bytes: this.#given } })
  }

  #damaged(what: string, cause?: Error): MillraceError {
    return new MillraceError('FILE_ARCHIVE_DAMAGED', {
      ...(cause === undefined ? {} : { cause }),
      details: { name: this.#archive.name, compression: this.#kind, what, byte: this.#taken },
    })
  }
}

function reasonOf(error: Error): string {
  return 'code' in error && error.code === 'Z_BUF_ERROR' ? 'it ends in the middle' : error.message
}
