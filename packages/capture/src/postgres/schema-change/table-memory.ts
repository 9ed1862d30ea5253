/**
 * What capture remembers of each table between sessions: as what it was last read, and whether it is parked.
 * Kept as segments of state, one a stream, written in the commit at whose position it became true (law 1).
 */
import { MillraceError } from '@millrace/base'
import type { LogReader, LogWriter, StateSegment } from '@millrace/core'
import type { TableSignature } from '../catalog/table-signature.ts'

export interface TableMemory {
  readonly schemaName: string
  readonly tableName: string
  /** As the catalog told of the table when its rows were read, or when it was last found that none changed in silence. */
  readonly signature: TableSignature | null
  /** Why its rows are to be read anew; null where they need not be. */
  readonly refill: string | null
  /** A person accepted it with whatever shape it has when it is read anew. */
  readonly anyShape: boolean
  readonly parked: Parked | null
}

export interface Parked {
  /** As a statement names it: `sales.orders`. */
  readonly table: string
  /** What happened to it, as a clause: `the column note was removed`. */
  readonly what: string
  readonly sinceMs: number
  /** It was away or out of reach, and is taken up again by itself once it is back with a shape that fits. */
  readonly heals: boolean
}

/** A table whose stream has stopped, while its neighbours flow on. */
export interface ParkedTable extends Parked {
  readonly source: string
  readonly stream: string
  /** Its acceptance was asked for, and has not been carried out yet. */
  readonly accepted: boolean
}

/** The memory itself, and beside it a person's word that the table is accepted as it is. */
const MEMORY = 0
const ACCEPTED = 1

export function tablesOwner(source: string): string {
  return `capture/${source}/tables`
}

export interface RememberedTables {
  readonly memories: ReadonlyMap<string, TableMemory>
  readonly accepted: ReadonlySet<string>
}

/** How often segments that a commit replaced under the reading are read again. */
const READS_MAX = 10

/** A source that runs may replace them at any moment; then they are read again. */
export function readMemories(reader: LogReader, source: string): RememberedTables {
  for (let read = 1; ; read += 1) {
    try {
      return memoriesOf(reader, source)
    } catch (error) {
      if (!(error instanceof MillraceError) || error.code !== 'STORE_IO' || read === READS_MAX) throw error
    }
  }
}

function memoriesOf(reader: LogReader, source: string): RememberedTables {
  const memories = new Map<string, TableMemory>()
  const accepted = new Set<string>()
  for (const { part, sequence, bytes } of reader.segments(tablesOwner(source))) {
    if (sequence === ACCEPTED) accepted.add(part)
    else memories.set(part, JSON.parse(Buffer.from(bytes).toString()) as TableMemory)
  }
  return { memories, accepted }
}

export function memorySegment(source: string, stream: string, memory: TableMemory): StateSegment {
  return { owner: tablesOwner(source), part: stream, sequence: MEMORY, bytes: Buffer.from(JSON.stringify(memory)) }
}

type SegmentPlace = Omit<StateSegment, 'bytes'>

export function acceptancePlace(source: string, stream: string): SegmentPlace {
  return { owner: tablesOwner(source), part: stream, sequence: ACCEPTED }
}

export function memoryPlace(source: string, stream: string): SegmentPlace {
  return { owner: tablesOwner(source), part: stream, sequence: MEMORY }
}

/** Every parked table of a source, whether it runs or not. */
export function parkedTables(reader: LogReader, source: string): ParkedTable[] {
  const { memories, accepted } = readMemories(reader, source)
  return [...memories].flatMap(([stream, { parked }]) =>
    parked === null ? [] : [{ ...parked, source, stream, accepted: accepted.has(stream) }],
  )
}

export interface AcceptOptions {
  readonly writer: LogWriter
  readonly reader: LogReader
  readonly source: string
  readonly stream: string
}

/**
 * Accepts a parked table as it is now. The source, at once if it runs and else when it starts, gives the
 * stream the table's shape and reads its rows anew, deletes included. Raises CAPTURE_TABLE_NOT_PARKED.
 */
export async function acceptTable({ writer, reader, source, stream }: AcceptOptions): Promise<ParkedTable> {
  const parked = parkedTables(reader, source).find((table) => table.stream === stream)
  if (parked === undefined) throw new MillraceError('CAPTURE_TABLE_NOT_PARKED', { details: { source, stream } })
  await writer.commit({ state: { put: [{ ...acceptancePlace(source, stream), bytes: new Uint8Array([1]) }] } })
  return { ...parked, accepted: true }
}

export function tableParked({ source, table, stream, what, sinceMs }: Omit<ParkedTable, 'accepted' | 'heals'>): MillraceError {
  const since = new Date(sinceMs).toISOString()
  return new MillraceError('CAPTURE_TABLE_PARKED', { details: { source, table, stream, what, since } })
}
