/** The tables of a source of MySQL or MariaDB that have stopped, as its progress tells of them. */
import type { LogReader } from '@millrace/core'
import { acceptedStreams } from '../stopped/acceptance.ts'
import type { ParkedTable } from '../stopped/parked-table.ts'
import { streamName } from './catalog/table.ts'
import { stateOf } from './progress-state.ts'

/** None of a source of another kind, whose progress has another state. */
export function stoppedTables(reader: LogReader, source: string): ParkedTable[] {
  const progress = reader.progress(source)
  if (progress?.state['stopped'] === undefined) return []
  const accepted = acceptedStreams(reader, source)
  return Object.entries(stateOf(progress).stopped).map(([table, { why, sinceMs }]) => {
    const stream = streamName(source, table)
    return { source, stream, table, what: why, sinceMs, accepted: accepted.has(stream) }
  })
}
