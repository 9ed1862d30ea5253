/**
 * The seam between where files come from and what stands in them: bytes in, batches of columns and
 * records that could not be read out.
 *
 * Laws. Record `n` of a file, good or bad, counted from 0 over all its types, has the identity
 * (`origin.transaction`, n); it does not depend on how the bytes were cut or where reading
 * was resumed. A record is either in exactly one batch or in exactly one `bad`. Headers, trailers,
 * comments and blank lines are no records. Memory is bounded by `partBytes` and the format's
 * `recordBytesMax`, never by the file.
 */
import type { Batch, FileFormat, Schema } from '@millrace/core'
import type { ParkedRow } from '../../parking/parked-record.ts'

/** The shape of one type of record. `stream` is null where a file holds but one. */
export interface RecordSchema {
  readonly stream: string | null
  readonly schema: Schema
}

export type StreamedFormat = Exclude<FileFormat, { readonly type: 'parquet' }>

export interface FileOrigin {
  readonly transaction: number
  readonly timeMicros: number
}

/** Where a part ended, so that a later session may go on there. Plain JSON; only this folder understands it. */
export interface ReadMark {
  /** In the file as it is once decompressed. */
  readonly byte: number
  /** Records before it. */
  readonly records: number
  readonly [detail: string]: unknown
}

interface Order {
  /** Declared, or inferred once and then fixed: see `declaredSchemas` and `inferSchemas`. */
  readonly schemas: readonly RecordSchema[]
  readonly origin: FileOrigin
  /** A part is yielded whenever about so many bytes were read. Default `PART_BYTES`. */
  readonly partBytes?: number
  /** A part's `mark`: what came up to it is passed over. */
  readonly resume?: ReadMark | null
}

export interface ReadOrder extends Order {
  /** The object as it is stored, compressed or not, in order, from its beginning, in chunks of any size. */
  readonly bytes: AsyncIterable<Uint8Array>
  readonly format: StreamedFormat
  /** For errors: what people call this file. */
  readonly name: string
}

/** Parquet is read from its end and by columns, so it must lie in a local file. */
export interface ParquetOrder extends Order {
  readonly path: string
  readonly format: Extract<FileFormat, { readonly type: 'parquet' }>
  readonly name: string
}

/** What was read of one part of the file, of one type of record. A part with several types is several of these. */
export interface RecordPart {
  readonly stream: string | null
  /** Good records in the order of the file; all are inserts. May be empty. */
  readonly batch: Batch
  readonly bad: readonly BadRecord[]
  /** Good and bad ones in this part. */
  readonly records: number
  /** Decompressed bytes that this part took. */
  readonly bytes: number
  /** Where to go on after this part; null between the types of one part: these must be committed together. */
  readonly mark: ReadMark | null
}

export interface BadRecord {
  /** Its identity's index: its place among all records of the file, from 0. */
  readonly index: number
  /** Where it begins, from 1; the number of the record itself where the format has no lines. */
  readonly line: number
  /** One sentence for people; it may hold the value that is wrong. */
  readonly reason: string
  /** The record as it stands in the file (as UTF-8 if the encoding is not a superset of ASCII), of a huge one the beginning. */
  readonly raw: Uint8Array
  /** By column, as far as it could be read. */
  readonly row: ParkedRow | null
}

/** What the file says about itself, beside what was counted. */
export interface ControlTotal {
  readonly name: string
  readonly declared: string
  readonly counted: string
  readonly ok: boolean
}

export interface FileEnd {
  readonly records: number
  readonly bad: number
  /** Empty where none is declared. One that the file should have and has not is told with `declared: ''` and not ok. */
  readonly controlTotals: readonly ControlTotal[]
  /** Columns or members that the file has and the schema has not: they were passed over. */
  readonly unread: readonly string[]
}

export type RecordParts = AsyncGenerator<RecordPart, FileEnd>

/** A guess from a sample. It is told to people, and then fixed by whoever asked. */
export interface Inference {
  readonly schemas: readonly RecordSchema[]
  readonly records: number
  readonly bytes: number
  /** True if the sample was the whole file. */
  readonly whole: boolean
  readonly columns: readonly InferredColumn[]
}

export interface InferredColumn {
  readonly name: string
  /** As DuckDB writes it. */
  readonly type: string
  /** `certain`: every value of the sample fits it and could be nothing narrower. `likely`, `unsure`: see `why`. */
  readonly confidence: 'certain' | 'likely' | 'unsure'
  /** One sentence: `all of 1000 values are whole numbers, the largest is 4711`. */
  readonly why: string
}

/** Bytes of a part where the caller has no wish of its own: enough to write well, little enough to hold several. */
export const PART_BYTES = 1_048_576
/** At most so much of a file is looked at to infer its types. */
export const SAMPLE_BYTES = 4_194_304
/** A record may be so long where its format does not say otherwise. */
export const RECORD_BYTES_MAX = 1_048_576
/** Of a bad record at most so much is kept. */
export const RAW_BYTES_MAX = 65_536

/*
 * Beside this file: `read-records.ts` has `readRecords(order: ReadOrder): RecordParts` and
 * `declaredSchemas(format): readonly RecordSchema[] | null` (null: to be inferred); `infer-schemas.ts` has
 * `inferSchemas({ bytes, format, name }): Promise<Inference>`; `parquet/read-parquet.ts` has
 * `readParquet(order: ParquetOrder): RecordParts` and `parquetSchemas({ path, format, name }): Promise<readonly RecordSchema[]>`.
 */
