/** One key of one published relation: how it lies, what that does to the joins and groups that use it, and what a salt makes of both. */
import type { DuckDBConnection } from '@duckdb/node-api'
import { assert } from '@millrace/base'
import type { CountTables, JoinCounts, KeyCounts } from '../../skew/count-tables.ts'
import { type Placement, placementOf, type ShardEngine } from '../../skew/placement.ts'
import { keyOf, type KeyReport, otherColumns, type RelationShape, reportsOf } from '../../skew/report.ts'
import { isSurelyEven, joinLoads, saltedJoinLoads, UNEVEN } from '../../skew/shard-loads.ts'
import type { KeyUse } from '../../skew/uses.ts'
import type { BeforeAfter, GraphKey, GraphUse } from './graph-skew.ts'
import type { Late, ModelCosts } from './model-costs.ts'
import type { PublishedRelations } from './published-relations.ts'

export interface AskedKey {
  /** Folded. */
  readonly relation: string
  readonly columns: readonly string[]
  readonly uses: readonly KeyUse[]
}

export interface MeasurePlace {
  readonly connection: DuckDBConnection
  readonly relations: PublishedRelations
  readonly tables: CountTables
  readonly costs: ModelCosts
  readonly engine: ShardEngine
  readonly shards: number
  readonly top: number
  /** Whether a relation can be read. */
  readonly isReadable: (relation: string) => boolean
}

export type Measured = { readonly kind: 'even' | 'not published' | 'not placed' } | ({ readonly kind: 'uneven' } & MeasuredKey)

export interface MeasuredKey {
  readonly key: Omit<GraphKey, 'madeOf' | 'best'>
}

export async function measureKey(place: MeasurePlace, { relation, columns: names, uses }: AskedKey): Promise<Measured> {
  const { relations, tables, engine, shards } = place
  const shape = await relations.shapeOf(relation)
  const columns = names.map((name) => shape.schema.columns.find((column) => column.name === name))
  if (!columns.every((column) => column !== undefined)) return { kind: 'not published' }
  const placement = placementOf({ engine, columns, shards })
  if (placement === null) return { kind: 'not placed' }
  const own = keyOf(relation, columns)
  if (isSurelyEven(await tables.spread(own), shards)) return { kind: 'even' }
  const counts = await tables.counts(own)
  const [plain, salted = null] = await reportsOf({ ...place, uses, relation: shape }, counts, placement)
  assert(plain !== undefined, 'a key that can be placed is told')
  if (plain.slowest <= UNEVEN) return { kind: 'even' }
  const told = await new KeyUses(place, { counts, placement, plain, salted, shape }).tell(uses)
  const { distinct, nullRows, hottest, exact } = plain
  const { rows } = counts
  const slowest = { before: plain.slowest, after: (salted ?? plain).slowest }
  const late = { before: sum(told.map((use) => use.late.before)), after: sum(told.map((use) => use.late.after)) }
  const salt = salted?.salt ?? null
  return {
    kind: 'uneven',
    key: { relation, shape, columns: names, rows, distinct, nullRows, hottest, exact, slowest, salt, uses: told, late },
  }
}

interface UsedKey {
  readonly counts: KeyCounts
  readonly placement: Placement
  readonly plain: KeyReport
  readonly salted: KeyReport | null
  readonly shape: RelationShape
}

class KeyUses {
  readonly #place: MeasurePlace
  readonly #key: UsedKey
  /** A hundred models may join the same two keys. */
  readonly #joined = new Map<string, Promise<JoinCounts>>()

  constructor(place: MeasurePlace, key: UsedKey) {
    this.#place = place
    this.#key = key
  }

  /** The one that makes its model latest first. */
  async tell(uses: readonly KeyUse[]): Promise<readonly GraphUse[]> {
    const told: GraphUse[] = []
    for (const use of uses) told.push(await this.#tellUse(use))
    return told.toSorted(latestFirst)
  }

  async #tellUse(use: KeyUse): Promise<GraphUse> {
    const { plain, salted, counts, placement } = this.#key
    const { engine, shards } = this.#place
    const joined = await this.#joinedWith(use)
    if (joined === null) {
      const helps = use.does !== 'window' && salted !== null
      const slowest = { before: plain.slowest, after: helps ? salted.slowest : plain.slowest }
      return { ...use, slowest, rowsOut: null, late: this.#late(use, slowest, counts.rows) }
    }
    const { slowest: before, rowsOut, loads } = joinLoads(joined, placement)
    const rows = loads.reduce((total, load) => total + load, 0)
    const { salt } = salted ?? { salt: null }
    const hot = counts.keys.slice(0, salt?.hot ?? 0)
    const cut = salt === null ? null : saltedJoinLoads(joined, { engine, shards, columns: counts.columns, salt, hot })
    // The other side's rows of a frequent key go to each of its parts: where they are many, it may be better not to cut it.
    const after = cut === null ? before : Math.min(before, Math.max(...cut.loads) / (rows / shards))
    const slowest = { before, after }
    return { ...use, slowest, rowsOut, late: this.#late(use, slowest, rows) }
  }

  #late(use: KeyUse, { before, after }: BeforeAfter<number>, rows: number): BeforeAfter<Late> {
    const { costs, shards } = this.#place
    return { before: costs.late({ use, rows, shards, slowest: before }), after: costs.late({ use, rows, shards, slowest: after }) }
  }

  /** Null for a group, and where the other side of a join cannot be read. */
  async #joinedWith(use: KeyUse): Promise<JoinCounts | null> {
    const { relations, tables, isReadable } = this.#place
    const { with: other } = use
    if (other === null || !isReadable(other.relation)) return null
    const { schema } = await relations.shapeOf(other.relation)
    const columns = otherColumns({ schemaOf: () => schema }, use)
    if (columns === null) return null
    const name = JSON.stringify(other)
    const known = this.#joined.get(name) ?? tables.joined(this.#keyOfThis(), keyOf(other.relation, columns), other.yields)
    this.#joined.set(name, known)
    return known
  }

  #keyOfThis(): ReturnType<typeof keyOf> {
    const { shape, counts } = this.#key
    return keyOf(shape.name, counts.columns)
  }
}

export function sum(lates: readonly Late[]): Late {
  return {
    rows: lates.reduce((total, { rows }) => total + rows, 0),
    seconds: lates.reduce((total, { seconds }) => total + seconds, 0),
  }
}

/** By seconds; where none were recorded, by rows. */
export function latestFirst(one: { readonly late: BeforeAfter<Late> }, other: { readonly late: BeforeAfter<Late> }): number {
  return other.late.before.seconds - one.late.before.seconds || other.late.before.rows - one.late.before.rows
}
