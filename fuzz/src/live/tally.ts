import type { Verdict } from '@millrace/live/testing'

/** What became of all the cases so far. */
export class Tally {
  cases = 0
  mismatches = 0
  #queries = 0
  readonly #reasons = new Map<string, number>()
  readonly #unanswered = new Map<string, number>()

  add({ queries, refused, unanswered, difference }: Verdict): void {
    this.cases += 1
    this.#queries += queries
    if (difference !== null) this.mismatches += 1
    for (const { reason } of refused) count(this.#reasons, reason)
    // The kind alone: DuckDB's messages tell columns and values.
    for (const { reason } of unanswered) count(this.#unanswered, /^[\w -]*Error/.exec(reason)?.[0] ?? 'Error')
  }

  line(of: number): string {
    return `${this.cases}/${of} cases, ${this.mismatches} mismatches, ${this.#refused} of ${this.#queries} queries refused`
  }

  outcome(): {
    cases: number
    mismatches: number
    queries: number
    refused: number
    refusedShare: number
    reasons: Record<string, number>
    unanswered: Record<string, number>
  } {
    return {
      cases: this.cases,
      mismatches: this.mismatches,
      refused: this.#refused,
      queries: this.#queries,
      refusedShare: Math.round((this.#refused / Math.max(1, this.#queries)) * 10_000) / 10_000,
      reasons: ranked(this.#reasons),
      unanswered: ranked(this.#unanswered),
    }
  }

  get #refused(): number {
    return [...this.#reasons.values()].reduce((sum, times) => sum + times, 0)
  }
}

function count(into: Map<string, number>, name: string): void {
  into.set(name, (into.get(name) ?? 0) + 1)
}

function ranked(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([, one], [, other]) => other - one))
}
