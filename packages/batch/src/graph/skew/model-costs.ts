/** What the last runs of models cost, and which part of that their joins and groups would cost more where a shard is fuller than the others. */
import type { KeyUse } from '../../skew/uses.ts'
import type { GraphCatalog } from '../catalog/catalog.ts'
import type { Version } from '../catalog/version.ts'
import { median } from '../forecast/estimate.ts'

/** How much longer the slowest shard works than an even one. */
export interface Late {
  readonly rows: number
  /** From the seconds that the model's last runs took, by the part of its rows that is worked on here. */
  readonly seconds: number
}

export interface LateRequest {
  readonly use: KeyUse
  /** The slowest shard's rows over an even share. */
  readonly slowest: number
  /** The rows that come in, and of a join those that come out. */
  readonly rows: number
  readonly shards: number
}

export class ModelCosts {
  readonly #catalog: GraphCatalog
  readonly #published: ReadonlyMap<string, Version>
  readonly #seconds = new Map<string, number>()
  /** By model, the rows of each of its joins, groups and windows. */
  readonly #rows = new Map<string, Map<string, number>>()

  constructor(catalog: GraphCatalog, published: ReadonlyMap<string, Version>, uses: readonly KeyUse[]) {
    this.#catalog = catalog
    this.#published = published
    for (const use of uses) {
      const rows = this.#rows.get(use.model) ?? new Map<string, number>()
      this.#rows.set(use.model, rows.set(operatorOf(use), this.recordedRows(use)))
    }
  }

  /** The median of its last runs; 0 where it never ran. */
  secondsOf(model: string): number {
    const known = this.#seconds.get(model)
    if (known !== undefined) return known
    const spent = this.#catalog.steps.spent(model).map(({ seconds }) => seconds)
    const seconds = median(spent) ?? this.#published.get(model)?.seconds ?? 0
    this.#seconds.set(model, seconds)
    return seconds
  }

  rowsOf(relation: string): number {
    return this.#published.get(relation)?.rows ?? 0
  }

  /** That come into a join or a group, as far as runs have recorded them. */
  recordedRows({ relation, with: other }: KeyUse): number {
    return this.rowsOf(relation) + (other === null ? 0 : this.rowsOf(other.relation))
  }

  late({ use, slowest, rows, shards }: LateRequest): Late {
    const own = operatorOf(use)
    let all = rows
    for (const [operator, each] of this.#rows.get(use.model) ?? []) if (operator !== own) all += each
    const share = all === 0 ? 0 : rows / all
    const over = (slowest - 1) / shards
    return { rows: over * rows, seconds: over * this.secondsOf(use.model) * share }
  }
}

/** A join is told once for each of its sides. */
export function operatorOf({ does, relation, columns, with: other }: KeyUse): string {
  const sides = [[relation, ...columns], ...(other === null ? [] : [[other.relation, ...other.columns]])]
  return JSON.stringify([does, ...sides.map((side) => JSON.stringify(side)).toSorted()])
}
