/** How long a step will take, from what it took before. */
import type { Spent } from '../catalog/step-record.ts'

/** Below this part of a difference in rows, a difference in seconds says nothing of rows. */
const ROWS_DIFFER = 0.1

/**
 * The median of what it took before; where it had read different numbers of rows before, moved by the median of what a
 * row more had cost (Theil and Sen: one slow run among them moves neither). Null where it never ran.
 */
export function estimateSeconds(spent: readonly Spent[], rowsRead: number): number | null {
  if (spent.length === 0) return null
  const perRow = Math.max(0, median(slopesOf(spent)) ?? 0)
  return Math.max(0, median(spent.map(({ seconds, rowsRead: rows }) => seconds + perRow * (rowsRead - rows))) ?? 0)
}

/** How many rows it will have: in the same proportion to what it reads as last time. */
export function estimateRows(spent: readonly Spent[], rowsRead: number): number | null {
  const [last] = spent
  if (last === undefined) return null
  return last.rowsRead === 0 ? last.rows : (last.rows * rowsRead) / last.rowsRead
}

function slopesOf(spent: readonly Spent[]): number[] {
  const slopes: number[] = []
  for (const [at, one] of spent.entries())
    for (const other of spent.slice(at + 1)) {
      const rows = one.rowsRead - other.rowsRead
      if (Math.abs(rows) > ROWS_DIFFER * Math.max(one.rowsRead, other.rowsRead)) slopes.push((one.seconds - other.seconds) / rows)
    }
  return slopes
}

export function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((one, other) => one - other)
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  return low === undefined || high === undefined ? null : (low + high) / 2
}
