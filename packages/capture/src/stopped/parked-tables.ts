/** What people see of the tables that have stopped, whichever kind their source is of, and how they have one go on. */
import { MillraceError } from '@millrace/base'
import type { LogReader, LogWriter } from '@millrace/core'
import { stoppedTables } from '../mysql/stopped-tables.ts'
import { rememberedParked } from '../postgres/schema-change/table-memory.ts'
import { acceptancePlace } from './acceptance.ts'
import type { ParkedTable } from './parked-table.ts'

/** Every parked table of a source, whether it runs or not. */
export function parkedTables(reader: LogReader, source: string): ParkedTable[] {
  return [...rememberedParked(reader, source), ...stoppedTables(reader, source)]
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
