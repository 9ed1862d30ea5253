/**
 * Tells which file is which. A poll finds names; this says for each whether it is a file that was read before
 * (renamed, or as it was), a new one under an old name (rotated, or cut to nothing), a copy, or what became of
 * one when it was compressed. Nothing of it rests on names alone.
 */
import type { Clock } from '@millrace/base'
import { decompressed, headOf, isCompressed, plain, sumOf } from './log-bytes.ts'
import { besides, type FoundLog } from './find-logs.ts'
import { beginsLike, HEAD_BYTES, type LogFileRow } from './log-table.ts'
import { type CutterLimits, LogTail } from './log-tail.ts'

export interface Archive {
  readonly log: FoundLog
  readonly key: string
  /** The file that it was, as far as it was read; null where it was never seen. */
  readonly tail: LogTail | null
  readonly bytes: () => AsyncGenerator<Uint8Array>
}

export interface LogFilesOptions {
  readonly clock: Clock
  readonly limits: CutterLimits
  readonly rows: readonly LogFileRow[]
  readonly nextId: number
  /** Files that the very first poll finds are passed over up to their end. */
  readonly passFirst: boolean
}

/** A compressed file is complete once it was left alone for so long. */
const ARCHIVE_RESTS_MS = 1000

export class LogFiles {
  readonly tails = new Map<number, LogTail>()
  nextId: number
  /** Tails whose rows changed in what is not a record: a name, an end. */
  readonly changed = new Set<LogTail>()
  /** Files that were overwritten or deleted before all of them was read, as far as is known. */
  lost = 0
  damaged = 0
  readonly #options: LogFilesOptions
  readonly #archives = new Set<string>()
  #isFirst: boolean

  constructor(options: LogFilesOptions) {
    this.#options = options
    this.nextId = options.nextId
    this.#isFirst = options.passFirst
    for (const row of options.rows) {
      this.tails.set(row.id, new LogTail(row, options.limits, options.clock.monotonicMs()))
      if (row.archive !== null) this.#archives.add(row.archive)
    }
  }

  /** Brings the tails in line with what was found; yields compressed files that are to be read to their end. */
  async match(found: readonly FoundLog[]): Promise<Archive[]> {
    const archives: Archive[] = []
    const present = new Set<LogTail>()
    const inodes = new Map(found.map((log) => [log.inode, log]))
    for (const log of found) {
      const tail = this.#byInode(log.inode)
      if (tail?.isLive === true && tail.seen === seenAs(log)) {
        present.add(tail)
        continue
      }
      const head = await headOf(plain(log.path), HEAD_BYTES).catch(() => null)
      if (head === null) continue
      if (isCompressed(head)) {
        const archive = await this.#archive(log, head)
        if (archive !== null) archives.push(archive)
        continue
      }
      const matched = await this.#plain(log, head, inodes)
      if (matched !== null) present.add(matched)
    }
    this.#isFirst = false
    for (const tail of this.#open()) if (!present.has(tail)) await this.#missing(tail, archives)
    return archives
  }

  knows(inode: string): boolean {
    return this.#byInode(inode) !== undefined
  }

  finish(tail: LogTail, archive: string | null = null): void {
    if (archive !== null) this.#archives.add(archive)
    tail.row = { ...tail.row, finished: 1, inode: '', archive: archive ?? tail.row.archive }
    this.changed.add(tail)
  }

  /** A file of its own, of which nothing was read. */
  add(path: string, inode: string): LogTail {
    const row: LogFileRow = { id: this.nextId, path, inode, position: 0, sum: 0, head_sum: 0, finished: 0, archive: null }
    const tail = new LogTail(row, this.#options.limits, this.#options.clock.monotonicMs())
    this.nextId += 1
    this.tails.set(row.id, tail)
    this.changed.add(tail)
    return tail
  }

  damagedArchive(key: string): void {
    this.damaged += 1
    this.#archives.add(key)
  }

  *#open(): IterableIterator<LogTail> {
    for (const tail of this.tails.values()) if (tail.row.finished === 0) yield tail
  }

  #byInode(inode: string): LogTail | undefined {
    for (const tail of this.#open()) if (tail.row.inode === inode) return tail
    return undefined
  }

  async #plain(log: FoundLog, head: Uint8Array, inodes: ReadonlyMap<string, FoundLog>): Promise<LogTail | null> {
    const tail = this.#byInode(log.inode)
    if (tail !== undefined) {
      if (log.size >= tail.row.position && beginsLike(tail.row, head)) return this.#follow(tail, log)
      // Cut to nothing, or another file under the same number: what was not read is in a copy, if anywhere.
      await this.#recover(tail, log.inode)
      return this.#follow(this.add(log.path, log.inode), log)
    }
    const same = await this.#sameContent(head, () => plain(log.path))
    if (same === null) return this.#follow(this.add(log.path, log.inode), log)
    // A copy of a file that is still written is read by and by as that file.
    if (same.isLive || inodes.has(same.row.inode)) return null
    return this.#follow(same, log)
  }

  async #follow(tail: LogTail, log: FoundLog): Promise<LogTail> {
    if (!tail.isLive || tail.row.inode !== log.inode) await tail.open(log.path).catch(() => undefined)
    if (this.#isFirst) tail.passUntil = log.size
    if (tail.row.path !== log.path || tail.row.inode !== log.inode || tail.row.finished !== 0) {
      tail.row = { ...tail.row, path: log.path, inode: log.inode, finished: 0 }
      this.changed.add(tail)
    }
    tail.size = log.size
    tail.seen = seenAs(log)
    tail.missingSinceMs = null
    return tail
  }

  /** No pattern names it any more. While it is held open it is read on; else it is looked for beside its old name. */
  async #missing(tail: LogTail, archives: Archive[]): Promise<void> {
    tail.missingSinceMs ??= this.#options.clock.monotonicMs()
    if (tail.isLive) {
      const facts = await tail.file?.stat()
      tail.size = facts?.size ?? tail.size
      return
    }
    for (const log of await besides(tail.row.path)) {
      if (log.inode !== tail.row.inode || log.size < tail.row.position) continue
      const head = await headOf(plain(log.path), HEAD_BYTES).catch(() => null)
      if (head === null || !beginsLike(tail.row, head)) continue
      await this.#follow(tail, log)
      tail.missingSinceMs = this.#options.clock.monotonicMs()
      return
    }
    const archive = await this.#recover(tail, '')
    if (archive !== null) archives.push(archive)
  }

  /** Looks beside its name for a copy of what was read of it, to read the rest from; else it ends here. */
  async #recover(tail: LogTail, inode: string): Promise<Archive | null> {
    await tail.close()
    if (tail.row.position > 0) {
      for (const log of await besides(tail.row.path)) {
        if (log.inode === inode || this.#byInode(log.inode) !== undefined) continue
        const head = await headOf(plain(log.path), HEAD_BYTES).catch(() => null)
        if (head === null) continue
        const bytes = isCompressed(head) ? () => decompressed(log.path, head) : () => plain(log.path)
        if (!(await continues(tail, bytes).catch(() => false))) continue
        if (isCompressed(head)) return { log, key: seenAs(log), tail, bytes }
        const again = new LogTail(tail.row, this.#options.limits, this.#options.clock.monotonicMs())
        this.tails.set(tail.row.id, again)
        await this.#follow(again, log)
        again.missingSinceMs = this.#options.clock.monotonicMs()
        return null
      }
    }
    if (tail.cutter.readAt < tail.size) this.lost += 1
    this.finish(tail)
    return null
  }

  async #archive(log: FoundLog, head: Uint8Array): Promise<Archive | null> {
    const key = seenAs(log)
    if (this.#archives.has(key) || this.#options.clock.nowMs() - log.modifiedMs < ARCHIVE_RESTS_MS) return null
    const bytes = (): AsyncGenerator<Uint8Array> => decompressed(log.path, head)
    const begin = await headOf(bytes(), HEAD_BYTES).catch(() => null)
    if (begin === null) return null
    const tail = await this.#sameContent(begin, bytes)
    if (tail?.isLive !== true) return { log, key, tail, bytes }
    // It is still read as it was; of its compressed copy only the name is kept.
    this.#archives.add(key)
    this.finish(this.add(log.path, log.inode), key)
    return null
  }

  async #sameContent(head: Uint8Array, bytes: () => AsyncGenerator<Uint8Array>): Promise<LogTail | null> {
    for (const tail of [...this.tails.values()].toReversed()) {
      const { position } = tail.row
      if (position === 0 || !beginsLike(tail.row, head)) continue
      if (await continues(tail, bytes).catch(() => false)) return tail
    }
    return null
  }
}

/** Whether these bytes begin with all that was read of a file. */
async function continues({ row }: LogTail, bytes: () => AsyncGenerator<Uint8Array>): Promise<boolean> {
  return (await sumOf(bytes(), row.position)) === row.sum
}

function seenAs({ inode, size, modifiedMs }: FoundLog): string {
  return `${inode}-${size}-${modifiedMs}`
}
