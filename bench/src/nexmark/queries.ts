import { readFileSync } from 'node:fs'
import type { Kind } from './tables.ts'

export interface NexmarkQuery {
  readonly name: string
  readonly sql: string
  readonly reads: ReadonlySet<Kind>
  /** Thousand events a second on one worker that it shall reach. */
  readonly goal: number | null
}

const STATELESS = 1000
const GOALS: Readonly<Record<string, number>> = {
  q0: STATELESS,
  q1: STATELESS,
  q2: STATELESS,
  q10: STATELESS,
  q14: STATELESS,
  q21: STATELESS,
  q22: STATELESS,
  ...Object.fromEntries(['q3', 'q8', 'q12', 'q13', 'q17'].map((name) => [name, 300])),
  ...Object.fromEntries(['q5', 'q15', 'q18', 'q19'].map((name) => [name, 100])),
  ...Object.fromEntries(['q4', 'q7', 'q9', 'q16', 'q20'].map((name) => [name, 50])),
}

export function nexmarkQueries(only: string): readonly NexmarkQuery[] {
  const names = only === '' ? Array.from({ length: 23 }, (_, at) => `q${at}`) : only.split(',').map((name) => name.trim())
  return names.map((name) => {
    const sql = readFileSync(new URL(`queries/${name}.sql`, import.meta.url), 'utf8')
    const reads = [...sql.matchAll(/nexmark\.(\w+)/g)].map((match) => match[1] as Kind)
    return { name, sql, reads: new Set(reads), goal: GOALS[name] ?? null }
  })
}
