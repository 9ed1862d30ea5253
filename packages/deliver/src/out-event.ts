import type { OpenBatch } from './open-batch.ts'
import type { EventHead } from './records.ts'

/** One change on its way out. */
export interface OutEvent extends EventHead {
  readonly barrier: boolean
  /** Where its body is made from; null while it only waits, so that waiting costs no memory. */
  content: { readonly batch: OpenBatch; readonly row: number } | null
  attempts: number
  attemptsLimit: number
  /** Whether it has, or is about to have, a row of its own. */
  listed: boolean
  /** Whether what became of it is on its way to the record; nothing else may then be recorded of it. */
  recording: boolean
}
