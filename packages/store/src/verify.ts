/** Proves a store: SQLite's structure, every header, every body, every segment, every position. */
import { setImmediate } from 'node:timers/promises'
import type { LogReader, StreamInfo } from '@millrace/core'
import { connectReader } from './connection.ts'
import { FileReader } from './reader.ts'
import { guarded } from './store-error.ts'
import { MillraceError } from '@millrace/base'

export interface StreamProof {
  readonly stream: string
  readonly batches: number
  readonly changes: number
  readonly bytes: number
}

export interface StoreProof {
  readonly id: string
  readonly cut: number
  readonly streams: readonly StreamProof[]
  readonly batches: number
  readonly changes: number
  readonly bytes: number
  readonly owners: number
  readonly segments: number
}

export interface VerifyOptions {
  readonly onProgress?: (done: { readonly stream: string; readonly changes: number }) => void
  readonly signal?: AbortSignal
}

/** Batches between two times at which other work of this thread is let through. */
const BATCHES_PER_TURN = 64

/** Raises STORE_CORRUPT or STORE_BATCH_CORRUPT at the first thing that does not hold. */
export async function verifyStore(path: string, options: VerifyOptions = {}): Promise<StoreProof> {
  const owners = checkStructure(path)
  const reader = new FileReader(path)
  try {
    const cut = reader.cut()
    const streams: StreamProof[] = []
    for (const stream of reader.streams()) streams.push(await proveStream(reader, stream, { ...options, untilCut: cut }))
    let segments = 0
    for (const owner of owners) {
      for (const _ of reader.segments(owner)) {
        segments += 1
        options.signal?.throwIfAborted()
        if (segments % BATCHES_PER_TURN === 0) await setImmediate()
      }
    }
    const sum = (of: 'batches' | 'changes' | 'bytes'): number => streams.reduce((all, stream) => all + stream[of], 0)
    return {
      id: reader.id,
      cut,
      streams,
      batches: sum('batches'),
      changes: sum('changes'),
      bytes: sum('bytes'),
      owners: owners.length,
      segments,
    }
  } finally {
    reader.close()
  }
}

async function proveStream(reader: LogReader, { name }: StreamInfo, options: VerifyOptions & { untilCut: number }): Promise<StreamProof> {
  let [batches, changes, bytes] = [0, 0, 0]
  for (const stored of reader.read(name, { untilCut: options.untilCut })) {
    stored.batch()
    batches += 1
    changes += stored.count
    bytes += stored.storedBytes
    if (batches % BATCHES_PER_TURN === 0) {
      options.onProgress?.({ stream: name, changes })
      options.signal?.throwIfAborted()
      await setImmediate()
    }
  }
  options.onProgress?.({ stream: name, changes })
  return { stream: name, batches, changes, bytes }
}

/** SQLite's own check; returns the owners of state, by a scan that no damaged index can shorten. */
function checkStructure(path: string): string[] {
  const db = connectReader(path)
  try {
    return guarded(path, () => {
      const found = db.prepare('pragma integrity_check(1)').get() as { integrity_check: string }
      if (found.integrity_check !== 'ok') throw corrupt(path, found.integrity_check)
      const known = namesOf(db.prepare('select owner from store_owner').all())
      const present = namesOf(db.prepare('select distinct owner from store_segment not indexed').all())
      return [...new Set([...known, ...present])]
    })
  } finally {
    db.close()
  }
}

function namesOf(rows: readonly unknown[]): string[] {
  return rows.map((row) => (row as { owner: string }).owner)
}

function corrupt(path: string, what: string): MillraceError {
  return new MillraceError('STORE_CORRUPT', { details: { path, what } })
}
