/** What the computation of one model may take at most; a limit that is not named is not there. */
export interface Budget {
  readonly seconds?: number
  /** What DuckDB may hold of it in memory; what does not fit goes to disk. */
  readonly memoryMb?: number
  /** Rows of its version. */
  readonly rows?: number
  /** What may go to disk meanwhile. */
  readonly spillMb?: number
}

/** As a header writes them. */
const NAMES = { seconds: 'seconds', memory_mb: 'memoryMb', rows: 'rows', spill_mb: 'spillMb' } as const satisfies Record<
  string,
  keyof Budget
>

export type BudgetName = keyof typeof NAMES

/** `seconds 60, memory_mb 256`; a sentence of what is wrong where it cannot be meant. */
export function readBudget(text: string): Budget | string {
  const budget: { -readonly [Name in keyof Budget]: number } = {}
  for (const part of text.split(',')) {
    const [name = '', ...words] = part.trim().split(/\s+/)
    const amount = words.join(' ')
    const limit = NAMES[name as BudgetName]
    if (limit === undefined) return `'${name}' is none of ${Object.keys(NAMES).join(', ')}`
    if (!/^\d+(\.\d+)?$/.test(amount)) return `'${amount}' is no number`
    if (Number(amount) < LEAST[limit]) return `${name} must be ${LEAST[limit]} at least`
    if (limit !== 'seconds' && !Number.isInteger(Number(amount))) return `${name} must be a whole number`
    budget[limit] = Number(amount)
  }
  return budget
}

/** With less memory DuckDB itself does not begin; of what goes to disk nothing may be allowed. */
export const LEAST: Readonly<Record<keyof Budget, number>> = { seconds: 0.001, memoryMb: 16, rows: 0, spillMb: 0 }
