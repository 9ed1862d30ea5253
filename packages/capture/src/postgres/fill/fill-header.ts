/**
 * What a fill remembers, so that it goes on after any kill. It is kept in the log's own segments: the
 * header in the commit that changes it, each chunk in the commit that carries its last rows (law 1).
 */
import type { LogReader, StateSegment } from '@millrace/core'

/**
 * `load`: the stream is empty, and shows when it is whole. `rebuild`: it shows what it showed until then,
 * and then what the table holds, deletes included. `backfill`: its changes go on showing meanwhile.
 */
export type FillMode = 'load' | 'rebuild' | 'backfill'

/** One open tail of the log. They are shown in the order of the list. */
export interface FillTail {
  readonly tail: string
  readonly kind: 'rows' | 'changes' | 'part'
  /** Only of the changes of one transaction, which stood at this position. */
  readonly transaction?: number
  /** Of a transaction whose place was not known when its parts were written. */
  readonly origin?: { readonly transaction: number; readonly timeMicros: number }
}

export interface FillHeader {
  readonly stream: string
  readonly mode: FillMode
  /** Fills of one group are shown in one cut. */
  readonly group: string
  /** Only rows for which this is true, in the words of the table's own SQL. */
  readonly where: string | null
  readonly why: string
  /** How many snapshots it has read under. */
  era: number
  /** Where the newest of them stands in the source's log: what committed before is in it, what did not is not. */
  position: number | null
  nextTail: number
  tails: FillTail[]
  /** Keys of rows whose update left out a value that may not be here; null where there are too many. */
  doubtful: string[][] | null
}

/** A part of a file that was read whole. */
export interface ChunkDone {
  readonly sequence: number
  readonly era: number
  /** The table, or the part of it, by its number in the catalog, and the file that held its rows. */
  readonly relation: number
  readonly file: number
  /** Blocks; -1 for the end. */
  readonly from: number
  readonly to: number
  readonly rows: number
}

const HEADERS = 'fills'

export function headersOwner(source: string): string {
  return `capture/${source}/${HEADERS}`
}

export function chunksOwner(source: string, stream: string): string {
  return `capture/${source}/chunks/${stream}`
}

export function headerSegment(source: string, header: FillHeader): StateSegment {
  return segmentOf(headersOwner(source), header.stream, 0, header)
}

export function chunkSegment(source: string, stream: string, chunk: ChunkDone): StateSegment {
  return segmentOf(chunksOwner(source, stream), '', chunk.sequence, chunk)
}

export function segmentOf(owner: string, part: string, sequence: number, value: unknown): StateSegment {
  return { owner, part, sequence, bytes: Buffer.from(JSON.stringify(value)) }
}

export function readHeaders(reader: LogReader, source: string): { headers: FillHeader[]; redirects: Redirect[] } {
  const headers: FillHeader[] = []
  let redirects: Redirect[] = []
  for (const { part, bytes } of reader.segments(headersOwner(source))) {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString())
    if (part === REDIRECTS_PART) redirects = value as Redirect[]
    else headers.push(value as FillHeader)
  }
  return { headers, redirects }
}

export function readChunks(reader: LogReader, source: string, stream: string): ChunkDone[] {
  return Array.from(reader.segments(chunksOwner(source, stream)), ({ bytes }) => JSON.parse(Buffer.from(bytes).toString()) as ChunkDone)
}

/** A part of a large transaction that belongs to a table being filled: kept apart from the transaction's own tail. */
export interface Redirect {
  /** The tail in which the part would be. */
  readonly from: string
  readonly stream: string
  readonly tail: string
  /** Null where the transaction's place is not known yet. */
  readonly transaction: number | null
}

/** No stream has this name: it has no point. */
export const REDIRECTS_PART = 'redirects'
