export interface Difference {
  readonly missing: number
  readonly extra: number
}

/** How often each row stands on one side more than on the other. */
export function compareRows(expected: Iterable<string>, found: Iterable<string>): Difference {
  const counts = new Map<string, number>()
  for (const row of expected) counts.set(row, (counts.get(row) ?? 0) + 1)
  for (const row of found) counts.set(row, (counts.get(row) ?? 0) - 1)
  const rest = [...counts.values()]
  return { missing: sum(rest.filter((count) => count > 0)), extra: -sum(rest.filter((count) => count < 0)) }
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
