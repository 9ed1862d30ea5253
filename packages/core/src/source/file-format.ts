/** How the files of a source are to be read, as the author of a project writes it. */
import type { TypeKind } from '../type.ts'

export type FileFormat = CsvFormat | JsonLinesFormat | FixedWidthFormat | ParquetFormat

/** `auto` goes by the first bytes of the file, never by its name. */
export type Compression = 'auto' | 'none' | 'gzip' | 'zstd' | 'brotli'

/** `int64`, `text`, `decimal(12,2)`. */
export type TypeName = Exclude<TypeKind, 'decimal'> | `decimal(${number},${number})`

/**
 * Of a date, time or timestamp as `YYYY-MM-DD`: `YYYY`, `YY` (70–99 are 19xx), `MM`, `M`, `MON` (English, three letters), `DD`, `D`,
 * `DDD` (day of the year), `hh`, `mm`, `ss`, `f` (parts of a second, up to six digits), `zzz` (`Z`, `+02`, `+0200`, `+02:00`); all
 * other characters stand for themselves. Without one: ISO 8601.
 */
export type DateFormat = string

export interface ColumnFormat {
  readonly type: TypeName
  readonly format?: DateFormat
  /** Default true. A null in a column that has none parks its row. */
  readonly nullable?: boolean
}

/** By the column's name, in the order of the stream; a type's name alone where there is nothing else to say. */
export type ColumnFormats = Readonly<Record<string, TypeName | ColumnFormat>>

/** What a header or trailer says about the file, to be compared with what was read. */
export interface TotalFormat {
  /** For people: `rows`, `amount`. */
  readonly name: string
  /**
   * `count`: records of data. `{ sum }`: of a column of numbers, exact. `{ hash }`: the sum of a column's digits taken as whole
   * numbers (an account number counts as one), of which as many digits are compared as the field has.
   */
  readonly of: 'count' | { readonly sum: string } | { readonly hash: string }
  /** Only records of this type are counted; default: all of them. */
  readonly records?: string
}

interface TextFormat {
  /** `utf-8` (default; a BOM is dropped), `utf-16le`, `utf-16be`, `latin1`, `windows-1252` and all else that TextDecoder knows. */
  readonly encoding?: string
  readonly compression?: Compression
  /** A file that grows to more than so many times its size is refused. Default 1,000; counts from 64 MiB on. */
  readonly expansionMax?: number
  /** A longer record is parked and reading goes on at the next line. Default 1 MiB. */
  readonly recordBytesMax?: number
}

export interface CsvFormat extends TextFormat {
  readonly type: 'csv'
  /** One character. Default `,`. */
  readonly delimiter?: string
  /** One character, or null where a quote is a character like others. Default `"`. */
  readonly quote?: string | null
  /** What makes a quote within quotes: the quote itself (default, doubled) or, as an example, `\`. */
  readonly escape?: string
  /** True if the first record names the columns. Default true. */
  readonly header?: boolean
  /** Columns by position, where there is no header or instead of it. */
  readonly names?: readonly string[]
  /** What stands for NULL where it is not in quotes. Default: nothing at all. */
  readonly nullText?: readonly string[]
  /** Lines that begin so are no records: `#`. */
  readonly comment?: string
  /** So many lines before the header are passed over. Default 0. */
  readonly skipLines?: number
  /** A record with too few or too many fields: parked (default), or missing ones are null and surplus ones dropped. */
  readonly ragged?: 'park' | 'fill'
  /** Spaces and tabs around a value that is not in quotes are dropped. Default false for text; other types never mind them. */
  readonly trim?: boolean
  readonly decimalSeparator?: '.' | ','
  /** A character between groups of three digits, to be passed over. */
  readonly thousandsSeparator?: string
  /** What stands for true and for false. Default `true`, `t`, `yes`, `y`, `1` and `false`, `f`, `no`, `n`, `0`, in any case. */
  readonly booleans?: { readonly true: readonly string[]; readonly false: readonly string[] }
  /** Types of columns by name; those of the file that are missing here are not read. Default: all, inferred once. */
  readonly columns?: ColumnFormats
  /** Records whose first field is `code`: not data but totals. `fields` says in which field (from 1) a total stands. */
  readonly trailer?: CsvControlRecord
}

export interface CsvControlRecord {
  readonly code: string
  readonly totals: readonly (TotalFormat & { readonly field: number })[]
}

export interface JsonLinesFormat extends TextFormat {
  readonly type: 'json-lines'
  /** Members by name; others are passed over. Default: all, inferred once. */
  readonly columns?: ColumnFormats
  /** An object with a member that has no column: passed over (default) or parked. */
  readonly unknownMembers?: 'ignore' | 'park'
}

export interface FixedWidthFormat {
  readonly type: 'fixed-width'
  /** As for text, and EBCDIC: `cp037`, `cp500`, `cp1047`. */
  readonly encoding?: string
  readonly compression?: Compression
  readonly expansionMax?: number
  /** `lines` (default), records of so many bytes without any line end, or `rdw`: each led by its length in two bytes and two zero bytes. */
  readonly records?: 'lines' | 'rdw' | { readonly bytes: number }
  readonly recordBytesMax?: number
  /** Whether `start` and `length` count bytes (default) or characters. */
  readonly positions?: 'bytes' | 'characters'
  /** Where a record's type stands, if a file holds several. */
  readonly code?: { readonly start: number; readonly length: number }
  /** Each type of record by name, which becomes part of its stream's name. One alone: the stream of the source itself. */
  readonly layouts: Readonly<Record<string, RecordLayout>>
  /** A record whose code no layout has: parked (default) or passed over. */
  readonly unknownRecords?: 'park' | 'ignore'
}

export interface RecordLayout {
  /** What stands at `code`. */
  readonly code?: string
  /** Headers and trailers are no data. Default `data`. Without `code`, a header is the first record and a trailer the last one. */
  readonly role?: 'data' | 'header' | 'trailer'
  readonly fields: readonly FixedField[]
  /** In a header or trailer: which field must equal what. */
  readonly totals?: readonly (TotalFormat & { readonly field: string })[]
}

export interface FixedField {
  readonly name: string
  /** From 1, as in a copybook. */
  readonly start: number
  readonly length: number
  readonly type: TypeName
  /**
   * `text` (default): characters. `overpunch`: the sign is in the last digit's zone. `packed`: COMP-3, two digits a byte, the last
   * half byte is the sign. `binary`: a two's complement number, the highest byte first; `binary-little`: the lowest first.
   */
  readonly storage?: 'text' | 'overpunch' | 'packed' | 'binary' | 'binary-little'
  /** Of decimals in characters: `implied` (default; the type's scale says where the point is) or `written`. */
  readonly point?: 'implied' | 'written'
  /** On which side `padCharacter` is to be dropped. Default: right for text, left for all else. */
  readonly padSide?: 'left' | 'right' | 'both'
  /** Default: a space. Zeros before a number are part of it and need no padding to be told. */
  readonly padCharacter?: string
  readonly format?: DateFormat
  /** What stands for NULL once padding is dropped. Default: nothing at all. */
  readonly nullText?: readonly string[]
  readonly nullable?: boolean
}

export interface ParquetFormat {
  readonly type: 'parquet'
  /** Default: all. */
  readonly columns?: readonly string[]
}
