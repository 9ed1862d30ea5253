import type { Plan } from '@millrace/sql'

/** How the rows of a relation come to the shards that compute a part of a plan. */
export interface Exchange {
  /** Under which the shards' scans know what comes this way. */
  readonly name: string
  readonly relation: string
  /** The columns that the scans read. */
  readonly columns: readonly string[]
  /** Rows that agree in these columns come to the same shard; null where any row may come to any. */
  readonly key: readonly string[] | null
}

/** The exchanges of one part of a plan, made as its scans are met. */
export class Exchanges {
  readonly #all = new Map<string, Exchange>()
  readonly #dealt = new Map<Plan, Map<string, Plan | null>>()

  /** The name of the exchange that brings these columns of a relation, by this key. */
  nameOf(relation: string, columns: readonly (string | null)[], key: readonly string[] | null): string {
    const name = key === null ? relation : `${relation} by ${key.join(', ')}`
    const known = this.#all.get(name)?.columns ?? []
    const read = columns.filter((column) => column !== null)
    this.#all.set(name, { name, relation, columns: [...new Set([...known, ...read])], key })
    return name
  }

  /** What several readers deal alike is dealt once, and shared again; `key` says by what. */
  once<Dealt extends Plan | null>(plan: Plan, key: string, deal: () => Dealt): Dealt {
    const known = this.#dealt.get(plan) ?? new Map<string, Plan | null>()
    if (known.has(key)) return known.get(key) as Dealt
    const dealt = deal()
    this.#dealt.set(plan, known.set(key, dealt))
    return dealt
  }

  all(): readonly Exchange[] {
    return [...this.#all.values()]
  }
}
