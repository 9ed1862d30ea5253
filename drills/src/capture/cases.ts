import { durableFirst } from './cases/01-durable-first.ts'
import { keepalive } from './cases/03-keepalive.ts'
import { interleaved } from './cases/04-interleaved.ts'
import { onePosition } from './cases/05-one-position.ts'
import { largeTransaction } from './cases/06-large-transaction.ts'
import { parkedBacklog } from './cases/07-parked-backlog.ts'
import { unchangedValues } from './cases/08-unchanged-values.ts'
import { misfits, values } from './cases/13-values.ts'
import type { DrillCase } from './drill-case.ts'

/** In the order of their numbers; each in a file of its own in `cases/`. */
export const CASES: readonly DrillCase[] = [
  durableFirst,
  keepalive,
  ...interleaved,
  onePosition,
  largeTransaction,
  parkedBacklog,
  ...unchangedValues,
  values,
  misfits,
]
