import type { ExpressionType } from '../duckdb-type.ts'
import type { Plan } from './plan.ts'
import { type Scan, scan } from './scan.ts'

/**
 * WITH RECURSIVE: the initial rows, and again and again what the round makes of the rows that came last, until none
 * come. Of `distinct` ones (UNION) each row is there once, and comes once.
 */
export interface Recursion {
  readonly kind: 'recursion'
  readonly types: readonly ExpressionType[]
  readonly distinct: boolean
  readonly initial: Plan
  /** Reads the rows that came last as the scan of `working`. */
  readonly round: Plan
  readonly working: string
}

export function recursion(
  { initial, round }: { initial: Plan; round: Plan },
  { working, distinct }: { working: string; distinct: boolean },
): Recursion {
  return { kind: 'recursion', types: initial.types, distinct, initial, round, working }
}

/** No stream or model has such a name. */
const WORKING = '\u0000recursion '

export function workingName(table: number): string {
  return `${WORKING}${table}`
}

export function isWorking(relation: string): boolean {
  return relation.startsWith(WORKING)
}

/** The rows that came last, as the round reads them. */
export function workingRows(name: string, types: readonly ExpressionType[]): Scan {
  return scan(
    { name, key: [] },
    types.map((_, at) => workingColumn(at)),
    types,
  )
}

export function workingColumn(at: number): string {
  return `c${at}`
}
