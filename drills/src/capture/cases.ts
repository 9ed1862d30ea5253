import type { DrillCase } from './drill-case.ts'

/** In the order of their numbers; each in a file of its own in `cases/`. */
export const CASES: readonly DrillCase[] = []
