/**
 * What capture remembers of each table between sessions: as what it was last read, and whether it is parked.
 * Kept as segments of state, one a stream, written in the commit at whose position it became true (law 1).
 */
import type { LogReader, StateSegment } from '@millrace/core'
import { isAcceptance, type SegmentPlace, tableSegments, tablesOwner } from '../../stopped/acceptance.ts'
import type { ParkedTable } from '../../stopped/parked-table.ts'
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

/** The memory itself; a person's word that the table is accepted as it is stands beside it. */
const MEMORY = 0

export interface RememberedTables {
  readonly memories: ReadonlyMap<string, TableMemory>
  readonly accepted: ReadonlySet<string>
}

export function readMemories(reader: LogReader, source: string): RememberedTables {
  const memories = new Map<string, TableMemory>()
  const accepted = new Set<string>()
  for (const segment of tableSegments(reader, source)) {
    if (isAcceptance(segment)) accepted.add(segment.part)
    else memories.set(segment.part, JSON.parse(Buffer.from(segment.bytes).toString()) as TableMemory)
  }
  return { memories, accepted }
}

export function memorySegment(source: string, stream: string, memory: TableMemory): StateSegment {
  return { owner: tablesOwner(source), part: stream, sequence: MEMORY, bytes: Buffer.from(JSON.stringify(memory)) }
}

export function memoryPlace(source: string, stream: string): SegmentPlace {
  return { owner: tablesOwner(source), part: stream, sequence: MEMORY }
}

export function rememberedParked(reader: LogReader, source: string): ParkedTable[] {
  const { memories, accepted } = readMemories(reader, source)
  return [...memories].flatMap(([stream, { parked }]) => {
    if (parked === null) return []
    const { table, what, sinceMs } = parked
    return [{ table, what, sinceMs, source, stream, accepted: accepted.has(stream) }]
  })
}
