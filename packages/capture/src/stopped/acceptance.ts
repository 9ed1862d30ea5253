/**
 * A person's word that a table whose stream has stopped is accepted as it is, kept until its source has
 * carried it out. It stands beside what a source remembers of its tables, under the table's stream.
 */
import { MillraceError } from '@millrace/base'
import type { LogReader, StateSegment } from '@millrace/core'

/** The sequence of a person's word; a source's own memory of the table has others. */
const ACCEPTED = 1
/** How often segments that a commit replaced under the reading are read again. */
const READS_MAX = 10

export type SegmentPlace = Omit<StateSegment, 'bytes'>

export function tablesOwner(source: string): string {
  return `capture/${source}/tables`
}

export function acceptancePlace(source: string, stream: string): SegmentPlace {
  return { owner: tablesOwner(source), part: stream, sequence: ACCEPTED }
}

export function isAcceptance({ sequence }: StateSegment): boolean {
  return sequence === ACCEPTED
}

/** A source that runs may replace them at any moment; then they are read again. */
export function tableSegments(reader: LogReader, source: string): StateSegment[] {
  for (let read = 1; ; read += 1) {
    try {
      return [...reader.segments(tablesOwner(source))]
    } catch (error) {
      if (!(error instanceof MillraceError) || error.code !== 'STORE_IO' || read === READS_MAX) throw error
    }
  }
}

export function acceptedStreams(reader: LogReader, source: string): ReadonlySet<string> {
  return new Set(
    tableSegments(reader, source)
      .filter(isAcceptance)
      .map(({ part }) => part),
  )
}
