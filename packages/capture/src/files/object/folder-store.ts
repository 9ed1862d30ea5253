/** A folder as a store of objects. Links to files are followed, links to folders are not: they may lead in circles. */
import type { BigIntStats, Dirent } from 'node:fs'
import { type FileHandle, open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describeError, MillraceError } from '@millrace/base'
import { type ListedObject, type ObjectStore, PAGE_OBJECTS } from './object-store.ts'

const PIECE_BYTES = 262_144
/** Files whose facts are asked for at once. */
const STATS_AT_ONCE = 64

export class FolderStore implements ObjectStore {
  readonly place: string
  readonly appearsWhole = false
  readonly #source: string

  constructor(source: string, folder: string) {
    this.#source = source
    this.place = folder
  }

  async *pages(signal: AbortSignal): AsyncGenerator<readonly ListedObject[]> {
    let page: ListedObject[] = []
    for await (const names of this.#names('', signal)) {
      const looked = await Promise.all(names.map((key) => this.#facts(key)))
      page.push(...looked.filter((object) => object !== null))
      if (page.length < PAGE_OBJECTS) continue
      yield page
      page = []
    }
    if (page.length > 0) yield page
  }

  look(key: string): Promise<ListedObject | null> {
    return key.split('/').includes('..') ? Promise.resolve(null) : this.#facts(key)
  }

  async *read(object: ListedObject, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const file = await this.#open(object)
    try {
      await this.#checkUnchanged(file, object)
      for (let at = 0; at < object.size;) {
        signal.throwIfAborted()
        const piece = new Uint8Array(Math.min(PIECE_BYTES, object.size - at))
        const { bytesRead } = await file.read(piece, 0, piece.length, at)
        if (bytesRead === 0) throw this.#changed(object)
        at += bytesRead
        yield piece.subarray(0, bytesRead)
      }
      await this.#checkUnchanged(file, object)
    } finally {
      await file.close()
    }
  }

  /** Names of files below a folder, a few at a time. */
  async *#names(below: string, signal: AbortSignal): AsyncGenerator<string[]> {
    signal.throwIfAborted()
    const entries = await this.#entries(below)
    const files = entries.filter((entry) => entry.isFile() || entry.isSymbolicLink()).map(({ name }) => `${below}${name}`)
    for (let at = 0; at < files.length; at += STATS_AT_ONCE) yield files.slice(at, at + STATS_AT_ONCE)
    for (const entry of entries) if (entry.isDirectory()) yield* this.#names(`${below}${entry.name}/`, signal)
  }

  async #entries(below: string): Promise<Dirent[]> {
    try {
      return await readdir(join(this.place, below), { withFileTypes: true })
    } catch (cause) {
      // A folder inside may go at any time; the one that is named may not.
      if (below !== '' && codeOf(cause) === 'ENOENT') return []
      const details = { source: this.#source, folder: join(this.place, below), what: describeError(cause) }
      throw new MillraceError('SOURCE_FOLDER_MISSING', { cause, details })
    }
  }

  async #facts(key: string): Promise<ListedObject | null> {
    try {
      const facts = await stat(join(this.place, key), { bigint: true })
      return facts.isFile() ? listed(key, facts) : null
    } catch (cause) {
      if (codeOf(cause) === 'ENOENT' || codeOf(cause) === 'ENOTDIR' || codeOf(cause) === 'ELOOP') return null
      throw new MillraceError('CAPTURE_FILE_REFUSED', { cause, details: { source: this.#source, file: key, what: describeError(cause) } })
    }
  }

  async #open(object: ListedObject): Promise<FileHandle> {
    try {
      return await open(join(this.place, object.key), 'r')
    } catch (cause) {
      if (codeOf(cause) === 'ENOENT') throw this.#changed(object)
      throw new MillraceError('CAPTURE_FILE_REFUSED', {
        cause,
        details: { source: this.#source, file: object.key, what: describeError(cause) },
      })
    }
  }

  async #checkUnchanged(file: FileHandle, object: ListedObject): Promise<void> {
    const now = listed(object.key, await file.stat({ bigint: true }))
    if (now.version !== object.version) throw this.#changed(object)
  }

  #changed({ key }: ListedObject): MillraceError {
    return new MillraceError('CAPTURE_FILE_CHANGED', { details: { source: this.#source, file: key } })
  }
}

function listed(key: string, facts: BigIntStats): ListedObject {
  return {
    key,
    size: Number(facts.size),
    modifiedMicros: Number(facts.mtimeNs / 1000n),
    version: `${facts.ino}-${facts.size}-${facts.mtimeNs}`,
  }
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : ''
}
