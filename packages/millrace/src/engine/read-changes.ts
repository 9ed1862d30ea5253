/** Reads changes for people: bounded pages out of the log, never the whole of it (law 8). */
import type { LogReader } from '@millrace/core'
import type { ChangeRecord, ChangesPage, ChangesRequest, Latest, LatestRequest } from '@millrace/serve'
import { changeRecord } from './change-record.ts'

const PAGE_BYTES_LIMIT = 4_000_000

/** One page of a stream's partition: after a position, or the newest changes. */
export function readChanges(reader: LogReader, { stream, partition, after, limit }: ChangesRequest): ChangesPage {
  const extent = reader.extents(stream).find((each) => each.partition === partition)
  const first = extent?.first ?? 0
  const next = extent?.next ?? 0
  const from = Math.max(first, after === null ? next - limit : after + 1)
  const changes: ChangeRecord[] = []
  if (from < next) {
    for (const stored of reader.read(stream, { partition, fromPosition: from, bytesLimit: PAGE_BYTES_LIMIT })) {
      const batch = stored.batch()
      for (let row = Math.max(0, from - stored.first); row < batch.count && changes.length < limit; row += 1) {
        changes.push(changeRecord(stored, batch, row))
      }
      if (changes.length >= limit) break
    }
  }
  return { stream, partition, first, next, changes }
}

/** The newest changes of all streams after a cut, oldest first. */
export function readLatest(reader: LogReader, { afterCut, limit }: LatestRequest): Latest {
  const cut = reader.cut()
  if (cut <= afterCut) return { cut: afterCut, changes: [] }
  const changes = reader.streams().flatMap((stream) =>
    reader.extents(stream.name).flatMap((extent) =>
      readChanges(reader, {
        stream: stream.name,
        partition: extent.partition,
        after: null,
        limit,
      }).changes.filter((change) => change.cut > afterCut && change.cut <= cut),
    ),
  )
  changes.sort((left, right) => left.cut - right.cut || left.committedMs - right.committedMs)
  return { cut, changes: changes.slice(-limit) }
}
