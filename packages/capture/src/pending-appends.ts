/** What the pending changes of a stream's partitions become when they are taken. */
import type { Append } from '@millrace/core'

export const CAPACITY_MIN = 64
const CAPACITY_MAX = 16_384

/** Partitions are read one after another; what is before a division is read before it, whichever they lie in. */
export interface DividedAppend {
  /** Which division follows it. */
  readonly division: number
  readonly append: Append
}

export function inOrder(divided: readonly DividedAppend[]): Append[] {
  return divided.toSorted((left, right) => left.division - right.division).map(({ append }) => append)
}

/** The next batch is likely as long as the last one. */
export function capacityAfter(count: number): number {
  return Math.min(CAPACITY_MAX, Math.max(CAPACITY_MIN, 2 ** Math.ceil(Math.log2(count))))
}
