/** The bytes of one version on their way to whoever reads them, with what is to be known of them afterwards. */
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

export class VersionContent {
  readonly #bytes: AsyncIterable<Uint8Array>
  readonly #hash = createHash('sha256')
  #isWhole = false
  #count = 0

  constructor(bytes: AsyncIterable<Uint8Array>) {
    this.#bytes = bytes
  }

  /** Bytes that have passed. */
  get count(): number {
    return this.#count
  }

  async *read(): AsyncGenerator<Uint8Array> {
    for await (const piece of this.#bytes) {
      this.#hash.update(piece)
      this.#count += piece.length
      yield piece
    }
    this.#isWhole = true
  }

  /** Of all of it; null where whoever read it left off before the end. */
  digest(): string | null {
    return this.#isWhole ? this.#hash.digest('hex') : null
  }
}

/** Reads to the end for the digest alone. */
export async function digestOf(bytes: AsyncIterable<Uint8Array>): Promise<string | null> {
  const content = new VersionContent(bytes)
  for await (const piece of content.read()) void piece
  return content.digest()
}

/** For formats that are read from their end. The file is there while `use` works, and is then removed. */
export async function withLocalCopy<Result>(
  content: VersionContent,
  scratchFolder: string,
  use: (path: string) => Promise<Result>,
): Promise<Result> {
  await mkdir(scratchFolder, { recursive: true })
  const path = join(scratchFolder, 'version')
  try {
    await pipeline(Readable.from(content.read(), { objectMode: true }), createWriteStream(path))
    return await use(path)
  } finally {
    await rm(path, { force: true })
  }
}
