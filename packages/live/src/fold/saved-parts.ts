/** Under which names the parts of a stream's fold are saved, and how they lie. */
import { MillraceError } from '@millrace/base'
import type { LogReader, StateSegment } from '@millrace/core'
import { labelsOf, type Outline } from '../spill/state-tree.ts'
import { ownerOfRows } from './saved-rows.ts'

const PART = 'parts'

/** The first part has the stream's own name. */
export function ownerOfPart(stream: string, label: number): string {
  return label === 0 ? ownerOfRows(stream) : `${ownerOfRows(stream)}#${label}`
}

export function outlineSegment(stream: string, outline: Outline): StateSegment {
  return { owner: ownerOfRows(stream), part: PART, sequence: 0, bytes: new TextEncoder().encode(JSON.stringify(outline)) }
}

export function readOutline(reader: LogReader, stream: string): Outline {
  for (const segment of reader.segments(ownerOfRows(stream))) {
    if (segment.part !== PART) continue
    try {
      return JSON.parse(new TextDecoder().decode(segment.bytes)) as Outline
    } catch (cause) {
      throw new MillraceError('LIVE_STATE_INVALID', { cause, details: { stream, problem: 'its parts cannot be read' } })
    }
  }
  return 0
}

/** All names under which anything of a stream may be saved. */
export function savedOwners(reader: LogReader, stream: string): readonly string[] {
  const labels = new Set([0, ...labelsOf(readOutline(reader, stream))])
  return [...labels].map((label) => ownerOfPart(stream, label))
}
