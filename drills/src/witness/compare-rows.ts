export interface Difference {
  readonly missing: number
  readonly extra: number
  /** One of each, where there is one, to begin looking with. */
  readonly missingRow?: string | undefined
  readonly extraRow?: string | undefined
}

/** How often each row stands on one side more than on the other. */
export function compareRows(expected: Iterable<string>, found: Iterable<string>): Difference {
  const counts = new Map<string, number>()
  for (const row of expected) counts.set(row, (counts.get(row) ?? 0) + 1)
  for (const row of found) counts.set(row, (counts.get(row) ?? 0) - 1)
  const rest = [...counts]
  const missing = rest.filter(([, count]) => count > 0)
  const extra = rest.filter(([, count]) => count < 0)
  return {
    missing: sum(missing.map(([, count]) => count)),
    extra: sum(extra.map(([, count]) => -count)),
    missingRow: missing[0]?.[0],
    extraRow: extra[0]?.[0],
  }
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
