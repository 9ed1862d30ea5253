import { durableFirst } from './cases/01-durable-first.ts'
import { quietTable } from './cases/02-quiet-table.ts'
import { keepalive } from './cases/03-keepalive.ts'
import { interleaved } from './cases/04-interleaved.ts'
import { onePosition } from './cases/05-one-position.ts'
import { largeTransaction } from './cases/06-large-transaction.ts'
import { parkedBacklog } from './cases/07-parked-backlog.ts'
import { unchangedValues } from './cases/08-unchanged-values.ts'
import { snapshotResumes } from './cases/09-snapshot-resumes.ts'
import { rowsChangeWhileRead } from './cases/10-rows-change-while-read.ts'
import { slotLost } from './cases/11-slot-lost.ts'
import { slotBlocked } from './cases/12-slot-blocked.ts'
import { misfits, values } from './cases/13-values.ts'
import { mariadb } from './cases/15-mariadb.ts'
import { shapeChanges } from './cases/14-shape-changes.ts'
import type { DrillCase } from './drill-case.ts'

/** In the order of their numbers; each in a file of its own in `cases/`. */
export const CASES: readonly DrillCase[] = [
  durableFirst,
  ...quietTable,
  keepalive,
  ...interleaved,
  onePosition,
  largeTransaction,
  parkedBacklog,
  ...unchangedValues,
  snapshotResumes,
  rowsChangeWhileRead,
  slotLost,
  slotBlocked,
  values,
  misfits,
  ...shapeChanges,
  ...mariadb,
]
