/**
 * What the graph asks of an engine. DuckDB, which runs inside this process, and engines on servers fulfil
 * `EngineRun`; the rest is of servers, which have tables, versions and readers of their own.
 *
 * The duties of a server's engine: a version's table is whole once `compute` returns and never changes; what
 * `stage` makes is seen by nobody before `commit`; of a run that is killed anywhere nothing is left that
 * `sweep` does not find.
 */
import type { MillraceError } from '@millrace/base'
import type { CheckedModel, GraphColumn, GraphRelation, HeldModel } from '../check/checked-graph.ts'
import type { OrderVerdict } from '../../order/check-plan.ts'
import type { GraphModel } from '../model/model.ts'
import type { TableMemory } from '../catalog/table-memory.ts'
import type { IntervalWindow } from '../model/interval-window.ts'
import type { ServerContent, Version, VersionContent, ViewContent } from '../catalog/version.ts'

/** Bytes that an engine holds on this machine: what it costs to compute there. */
export interface Held {
  readonly memory: number
  readonly spilled: number
}

/** One run's hold on an engine. */
export interface EngineRun {
  /** Lets models read a version under a name. */
  show(name: string, content: VersionContent, columns: readonly GraphColumn[]): Promise<void>
  held(): Promise<Held>
  /** Ends what is being computed; it fails. */
  interrupt(): void
  close(): void | Promise<void>
}

export interface ServerWork {
  readonly run: number
  readonly key: string
  readonly model: CheckedModel
  /** Of the version: those of a snapshot have its history in them. */
  readonly columns: readonly GraphColumn[]
  /** What the rows are merged into, or whose intervals are kept. */
  readonly before: Version | null
  /** When the run read everything: from then on a snapshot's new rows are so. */
  readonly atMs: number
  readonly window: IntervalWindow | null
}

export interface ServerVersion {
  readonly content: ServerContent
  /** As they are in the table that was made. */
  readonly columns: readonly GraphColumn[]
  readonly rows: number
  readonly bytes: number
  /** Of a model that is kept by intervals: how many were computed, and how many there are. */
  readonly intervals?: { readonly computed: number; readonly all: number }
}

/** Of a table of the server at the moment of the run. */
export interface ServerTable {
  /** Of equal contents the rows are equal. */
  readonly content: string
  readonly rows: number
}

export interface ServerRun extends EngineRun {
  /** Tells this server from any other, and from what it was before it was made anew; of no versions yet: empty. */
  readonly server: string
  tables(relations: readonly string[]): Promise<ReadonlyMap<string, ServerTable>>
  /** What it reads was shown before. */
  compute(work: ServerWork): Promise<ServerVersion>
  /** How its own plan joins what orders name, one verdict for each order; what the model reads was shown before. */
  explain(model: CheckedModel): Promise<OrderVerdict[]>
  /**
   * Every value as a text which, cast to its column's type, DuckDB reads as that value; NULL as null. Some rows at a time.
   * What a view reads was shown before; its rows are those of the run's moment.
   */
  rows(version: Pick<Version, 'model' | 'content'>, columns: readonly GraphColumn[]): AsyncIterable<readonly (readonly (string | null)[])[]>
  stage(shown: ShownTables): Promise<StagedTables>
  /** Which publication an environment shows on the server; null where it shows none. */
  showing(environment: string): Promise<number | null>
  /** Removes tables that nobody names and whose run is over. */
  sweep(kept: KeptTables): Promise<void>
}

export interface ShownTables {
  readonly environment: string
  /** By the model's name, its version's table. */
  readonly tables: ReadonlyMap<string, string>
  /** By the model's name. */
  readonly views: ReadonlyMap<string, ViewContent>
}

export interface StagedTables {
  commit(publication: number): Promise<void>
  abandon(): Promise<void>
}

export interface KeptTables {
  readonly named: ReadonlySet<string>
  readonly isOver: (run: number) => boolean
}

export interface ServerCheck {
  /** By folded name, each after what it reads. Columns have the type as which DuckDB reads them. */
  readonly models: ReadonlyMap<string, CheckedModel>
  readonly held: ReadonlyMap<string, HeldModel>
  readonly errors: readonly MillraceError[]
  /** Tables and views of the server that models read, named `ENGINE:SCHEMA.TABLE`. */
  readonly relations: readonly GraphRelation[]
  /** Of models, columns that DuckDB has no exact type for; `type` is the server's. */
  readonly unreadable: ReadonlyMap<string, readonly GraphColumn[]>
}

export interface ServerRunOptions {
  /** Of the catalogue whose versions these are. */
  readonly identity: string
  /** How many models are computed at once. */
  readonly workers: number
  readonly memory: TableMemory
  /** Whether versions may be made: then what they need is made first. */
  readonly writes: boolean
}

export interface ServerEngine {
  /** As the project names it. */
  readonly name: string
  /** Changes nothing that outlives it. */
  check(models: readonly GraphModel[]): Promise<ServerCheck>
  begin(options: ServerRunOptions): Promise<ServerRun>
}

export function serverRelation(engine: string, relation: string): string {
  return `${engine}:${relation}`
}
