/**
 * The store of one process: the one writer, the signal of new cuts, and readers. Sets are encoded here,
 * in the caller's thread and in the order of the calls, and applied by the writer's thread.
 */
import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Clock, Gate, systemClock } from '@millrace/base'
import type { Committed, CutSignal, LogReader, LogWriter, WriteSet } from '@millrace/core'
import { type BackupOptions, type BackupSummary, backupStore } from './backup.ts'
import { CutBell } from './cut-bell.ts'
import { encodeSet, type EncodedSet, heldBytes, transferList } from './encoded-set.ts'
import { FileReader } from './reader.ts'
import type { RetentionStep } from './retention.ts'
import { asStoreError } from './store-error.ts'
import { StoreLock } from './store-lock.ts'
import type { Applied } from './writer.ts'
import { WriterClient } from './writer-client.ts'

export interface StoreOptions {
  readonly clock?: Clock
  /** The file does not grow beyond this; a commit that would is refused with STORE_DISK_FULL. Default: the disk. */
  readonly bytesLimit?: number
  /** Bytes of write sets that wait for the writer; who would exceed it waits (law 8). Default 64 MiB. */
  readonly queueBytesLimit?: number
}

export interface RetentionRule {
  readonly stream: string
  /** Batches that were committed longer ago than this are dropped. */
  readonly olderThanMs: number
}

export interface RetentionSummary {
  readonly batches: number
  readonly bytes: number
}

export interface Store extends LogWriter, CutSignal {
  /** Made once; a backup and what is restored from it keep it. */
  readonly id: string
  readonly path: string
  /** A reader with a connection of its own; it is closed with the store at the latest. */
  reader(): LogReader
  applyRetention(rules: readonly RetentionRule[]): Promise<RetentionSummary>
  /** A proven copy of one moment, made while work goes on. */
  backup(target: string, options?: BackupOptions): Promise<BackupSummary>
  /** Waits for the commits under way, then leaves one clean file. */
  close(): Promise<void>
}

const QUEUE_BYTES_LIMIT = 64 << 20

/** Raises STORE_IN_USE, STORE_FOREIGN, STORE_VERSION_UNKNOWN, STORE_CORRUPT or STORE_IO. */
export async function openStore(path: string, options: StoreOptions = {}): Promise<Store> {
  try {
    mkdirSync(dirname(path), { recursive: true })
  } catch (error) {
    throw asStoreError(error, path)
  }
  const lock = new StoreLock(path)
  try {
    const { clock = systemClock, bytesLimit } = options
    const writer = await WriterClient.start({ path, id: randomUUID(), nowMs: clock.nowMs(), bytesLimit })
    return new FileStore(path, options, { lock, writer })
  } catch (error) {
    lock.release()
    throw error
  }
}

class FileStore implements Store {
  readonly id: string
  readonly path: string
  readonly #clock: Clock
  readonly #gate: Gate
  readonly #bell: CutBell
  readonly #lock: StoreLock
  readonly #writer: WriterClient
  readonly #readers = new Set<FileReader>()
  /** The turn of the call before: sets are encoded one by one, so that only one waits outside the gate. */
  #turn: Promise<unknown> = Promise.resolve()
  #closing: Promise<void> | null = null

  constructor(path: string, options: StoreOptions, { lock, writer }: { lock: StoreLock; writer: WriterClient }) {
    this.path = path
    this.#clock = options.clock ?? systemClock
    this.#gate = new Gate(options.queueBytesLimit ?? QUEUE_BYTES_LIMIT)
    this.#lock = lock
    this.#writer = writer
    const reader = new FileReader(path)
    this.id = reader.id
    this.#bell = new CutBell(reader.cut())
    reader.close()
  }

  async commit(set: WriteSet): Promise<Committed> {
    const turn = this.#turn.then(() => this.#submit(set))
    this.#turn = turn.catch(() => undefined)
    const { applied } = await turn
    const { cut, bytes } = await applied
    const atMs = this.#clock.nowMs()
    this.#bell.ring(cut)
    return { cut, atMs, bytes }
  }

  after(cut: number, signal?: AbortSignal): Promise<number> {
    return this.#bell.after(cut, signal)
  }

  reader(): LogReader {
    const reader = new FileReader(this.path, (closed) => this.#readers.delete(closed))
    this.#readers.add(reader)
    return reader
  }

  async applyRetention(rules: readonly RetentionRule[]): Promise<RetentionSummary> {
    const summary = { batches: 0, bytes: 0 }
    for (const { stream, olderThanMs } of rules) {
      const beforeMs = this.#clock.nowMs() - olderThanMs
      for (let more = true; more;) {
        const step = await this.#writer.ask<RetentionStep>({ kind: 'drop-old', stream, beforeMs })
        summary.batches += step.batches
        summary.bytes += step.bytes
        more = step.more
      }
    }
    return summary
  }

  backup(target: string, options: BackupOptions = {}): Promise<BackupSummary> {
    return backupStore(this.path, target, options)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** Resolves when the set is on its way; what comes of it is a promise inside, not to be awaited here. */
  async #submit(set: WriteSet): Promise<{ readonly applied: Promise<Applied> }> {
    const encoded: EncodedSet = encodeSet(set, this.#clock.nowMs())
    const held = heldBytes(encoded)
    await this.#gate.enter(held)
    const applied = this.#writer.ask<Applied>({ kind: 'commit', set: encoded }, transferList(encoded)).finally(() => this.#gate.leave(held))
    applied.catch(() => undefined)
    return { applied }
  }

  async #close(): Promise<void> {
    await this.#turn
    for (const reader of this.#readers) reader.close()
    try {
      await this.#writer.close()
    } finally {
      this.#lock.release()
    }
  }
}
