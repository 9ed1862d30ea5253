import { durationText } from './duration.ts'
import type { Opinion } from './facts.ts'
import type { Report } from './report.ts'

/** A table's stream in the log. It has no will of its own: its silence means what its source's means. */
export interface StreamObservation {
  readonly name: string
  /** Changes in it so far, over all partitions. */
  readonly changes: number
  readonly lastChangeMs: number | null
}

export function judgeStream(passing: boolean, idleMs: number, source: Report | undefined): Opinion {
  if (source === undefined) return { verdict: 'unknown', sentence: 'Nothing that writes to it is running.' }
  if (source.verdict === 'lagging') {
    return { verdict: 'lagging', sentence: `Its source ${source.name} is catching up. ${source.sentence}` }
  }
  if (passing) return { verdict: 'flowing', sentence: 'Changes are written to the log.' }
  return { verdict: 'quiet', sentence: `No change for ${durationText(idleMs)}, and its source ${source.name} is ${source.verdict}.` }
}
