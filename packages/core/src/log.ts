/**
 * The contracts of the log: what every stage may rest on, and what it owes. The store implements them
 * over one SQLite file; an adapter for Kafka will implement the same.
 *
 * Words. A **cut** is a number that grows by one with each commit that made something visible: "the log
 * as of cut 812" is one consistent state of all streams. A **position** is a change's place within one
 * partition of one stream, counted from 0, without gaps.
 *
 * Laws. What one `commit` carries becomes durable together or not at all (law 1). It resolves only after
 * the bytes are synced (law 2). Readers see whole cuts, never half of one (law 3).
 */
import type { Batch } from './batch.ts'
import type { Schema } from './schema.ts'

export type StreamKind = 'table' | 'model'

export interface StreamDefinition {
  /** `shop.orders` for a source's table, the model's name for a model. Unique. */
  readonly name: string
  readonly kind: StreamKind
  readonly schema: Schema
  readonly partitions: number
}

export interface StreamInfo extends StreamDefinition {
  readonly id: number
  readonly schemaId: number
}

/** Changes to be added to one partition. The codec is the store's; the batch stays the caller's. */
export interface Append {
  readonly stream: string
  readonly partition: number
  readonly batch: Batch
  /** For a model's stream: the cut of its inputs that this output reflects. */
  readonly asOf?: number
  /**
   * Keeps the batch in the open tail of this name: durable, but invisible and without positions until a
   * set `show`s the tail, or gone with `discard`. For what is larger than a batch and must appear at once.
   */
  readonly tail?: string
}

/** An open tail that becomes visible: its batches, in the order in which they were appended, follow the log's. */
export interface ShownTail {
  readonly tail: string
  /** Given to every change in it: of a transaction whose place and time were not known when it was written. */
  readonly origin?: { readonly transaction: number; readonly timeMicros: number }
}

/** A named piece of a stage's memory. Segments of one owner are read back in the order of `sequence`. */
export interface StateSegment {
  readonly owner: string
  /** Which part of the owner it belongs to: an operator, a side of a join. */
  readonly part: string
  readonly sequence: number
  readonly bytes: Uint8Array
}

export interface StateChange {
  readonly put?: readonly StateSegment[]
  readonly remove?: readonly { readonly owner: string; readonly part: string; readonly sequence: number }[]
  /** Forgets all of an owner's segments, before `put` is applied. */
  readonly clear?: readonly string[]
}

export type ControlValue = null | number | bigint | string | Uint8Array

/** A statement on the control tables, in SQL that SQLite and Postgres share, with `?` parameters. */
export interface ControlStatement {
  readonly sql: string
  readonly parameters: readonly ControlValue[]
}

/** How far a source has been read, kept by whoever reads it. `state` is that reader's own. */
export interface SourceProgress {
  readonly source: string
  /** The last transaction that is wholly in the log; a source is asked to resume after it. */
  readonly transaction: number
  readonly state: Readonly<Record<string, unknown>>
}

/** Everything that one step of one stage wants to become true at once. */
export interface WriteSet {
  /** Creates streams, or replaces the schema of existing ones, before `appends`. */
  readonly streams?: readonly StreamDefinition[]
  readonly appends?: readonly Append[]
  /** Makes open tails visible, in this order, before the set's own visible appends. */
  readonly show?: readonly ShownTail[]
  /** Drops open tails before anything else: by whole name, or all whose names begin so where it ends in `/`. */
  readonly discard?: readonly string[]
  readonly progress?: SourceProgress
  readonly state?: StateChange
  readonly control?: readonly ControlStatement[]
}

export interface Committed {
  /** The cut at which the write set became visible; the newest cut where it showed nothing new. */
  readonly cut: number
  /** When the commit was synced, in milliseconds of wall time. */
  readonly atMs: number
  /** Bytes that the appends took in the log. */
  readonly bytes: number
}

/** The one writer. Sets are applied in the order of the calls; several may share one sync. */
export interface LogWriter {
  /**
   * Duties of the caller: await it before telling anybody that the work is done; bound how much it has
   * in flight; after a rejection nothing of the set is written, and the same set may be tried again. Once it
   * has resolved, the memory of the set is the caller's again: whoever stands between copies what it keeps.
   */
  commit(set: WriteSet): Promise<Committed>
}

export interface StoredBatch {
  readonly stream: string
  readonly partition: number
  /** Position of the batch's first change. */
  readonly first: number
  readonly count: number
  readonly cut: number
  readonly asOf: number | null
  /** When the commit that carried it was made, in milliseconds of wall time. */
  readonly committedMs: number
  readonly storedBytes: number
  /** Decodes and checks the batch; raises STORE_BATCH_CORRUPT rather than serve a damaged one. */
  batch(): Batch
}

export interface ReadOptions {
  /** Only batches of later cuts. */
  readonly afterCut?: number
  /** Only batches up to this cut; default: the newest. */
  readonly untilCut?: number
  /** Only batches that hold this position or a later one. */
  readonly fromPosition?: number
  readonly partition?: number
  /** Stops after the batch that passes this many stored bytes. */
  readonly bytesLimit?: number
}

export interface StreamExtent {
  readonly stream: string
  readonly partition: number
  /** The oldest position that is still kept; above 0 once retention has dropped something. */
  readonly first: number
  /** The position that the next visible change will have. */
  readonly next: number
  readonly bytes: number
}

/** Reads committed cuts. Any number of readers, in any thread or process. */
export interface LogReader {
  /** The newest cut; 0 for an empty log. */
  cut(): number
  streams(): readonly StreamInfo[]
  /** Raises STREAM_UNKNOWN. */
  stream(name: string): StreamInfo
  extents(name: string): readonly StreamExtent[]
  /** Batches of one stream, in order of cut, and within it as they were appended and shown. Lazy: bounded memory. */
  read(stream: string, options?: ReadOptions): IterableIterator<StoredBatch>
  /**
   * Batches of several streams up to a whole cut, in order of cut: what a live model takes as one step.
   * Never splits a cut; stops at the first cut that passes `bytesLimit`.
   */
  readCuts(streams: readonly string[], options: { afterCut: number; untilCut?: number; bytesLimit: number }): CutRange
  progress(source: string): SourceProgress | null
  segments(owner: string): IterableIterator<StateSegment>
  control<Row extends Record<string, ControlValue>>(sql: string, parameters?: readonly ControlValue[]): Row[]
  close(): void
}

export interface CutRange {
  /** Everything of the asked streams with a cut in (afterCut, untilCut]. */
  readonly untilCut: number
  readonly batches: readonly StoredBatch[]
}

/** Tells of new cuts within this process. Another process polls `LogReader.cut`. */
export interface CutSignal {
  /** Resolves once a cut later than `cut` exists, or rejects with the signal's reason. */
  after(cut: number, signal?: AbortSignal): Promise<number>
}
