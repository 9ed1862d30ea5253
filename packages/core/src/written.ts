import type { LogReader } from './log.ts'

/** How many changes were ever made visible in a stream, those included that retention has dropped since. */
export function changesWritten(reader: Pick<LogReader, 'extents'>, stream: string): number {
  return reader.extents(stream).reduce((sum, { next }) => sum + next, 0)
}
