/** What is told of the keys of a whole graph. */
import type { HotKey, KeyReport, RelationShape, SaltReport } from '../../skew/report.ts'
import type { ShardEngine } from '../../skew/placement.ts'
import type { KeyUse } from '../../skew/uses.ts'
import type { Late } from './model-costs.ts'

export interface GraphSkew {
  readonly environment: string
  readonly engine: ShardEngine
  readonly shards: number
  /** Whose joins and groups were looked at. */
  readonly models: number
  /** Joins, groups and windows by a key that stands in a relation as it is. */
  readonly uses: number
  /** Keys that were measured, and those of them whose shards are even enough. */
  readonly measured: number
  readonly even: number
  /** The other ones, the one that makes models latest first. */
  readonly keys: readonly GraphKey[]
  /** The model that is latest first. */
  readonly slowed: readonly SlowedModel[]
  readonly leftOut: readonly LeftOut[]
}

export interface BeforeAfter<Value> {
  readonly before: Value
  readonly after: Value
}

export interface GraphKey {
  readonly relation: string
  readonly shape: RelationShape
  readonly columns: readonly string[]
  /** The one column of a stream, seed or model without inputs that it is made of, through all models between; null where there is none. */
  readonly madeOf: { readonly relation: string; readonly column: string } | null
  readonly rows: number
  readonly distinct: number
  readonly nullRows: number
  readonly hottest: readonly HotKey[]
  readonly exact: boolean
  /** The fullest shard over an even share, by the key alone and with the salt. */
  readonly slowest: BeforeAfter<number>
  readonly salt: SaltReport | null
  readonly uses: readonly GraphUse[]
  /** Of all uses. */
  readonly late: BeforeAfter<Late>
  /** The key, with or without a salt, by which the relation itself lies best for all that read it; null where that was not looked for, or could not be counted. */
  readonly best: KeyReport | null
}

export interface GraphUse extends KeyUse {
  /** The slowest shard's work over an even share, by the key alone and with the salt. A salt does not help windows. */
  readonly slowest: BeforeAfter<number>
  readonly rowsOut: number | null
  readonly late: BeforeAfter<Late>
}

export interface SlowedModel {
  readonly model: string
  /** What its last runs took. */
  readonly seconds: number
  readonly late: BeforeAfter<Late>
  /** What makes it latest. */
  readonly worst: GraphUse
}

export type LeftOutWhy =
  /** Of fewer rows than were asked for. */
  | 'small'
  /** Nothing is published of it, or not as the models read it now. */
  | 'not published'
  /** Its rows lie on a server. */
  | 'elsewhere'
  /** The engine cannot spread by such a key. */
  | 'not placed'
  | 'no time'
  | 'failed'

export interface LeftOut {
  readonly relation: string
  readonly columns: readonly string[]
  readonly rows: number
  readonly why: LeftOutWhy
  readonly problem: string | null
}
