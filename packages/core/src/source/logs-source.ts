import type { ColumnFormats } from './file-format.ts'

export interface LogsSource {
  readonly kind: 'logs'
  /** `/var/log/app/*.log`: from the project's folder, or absolute. Rotated files are followed without being named. */
  readonly files: string | readonly string[]
  /** The stream is `<source>.<stream>`. Default `lines`. */
  readonly stream?: string
  readonly format: LogFormat
  /** Lines that belong to the record before them. */
  readonly multiline?: LogMultiline
  /** A longer record is parked. Default 1 MiB. */
  readonly recordBytesMax?: number
  /** Default 500. */
  readonly pollMs?: number
  /** Whether lines that were there before the first start are read. Default `beginning`. */
  readonly startAt?: 'beginning' | 'end'
}

export type LogFormat = JsonLogFormat | PatternLogFormat | LineLogFormat

interface TypedLog {
  /** Default: every member or group as text, for JSON the whole record in a column `record`. */
  readonly columns?: ColumnFormats
  /** The column that tells when it happened. */
  readonly time?: string
}

export interface JsonLogFormat extends TypedLog {
  readonly type: 'json'
}

export interface PatternLogFormat extends TypedLog {
  readonly type: 'pattern'
  /** With named groups, each a column: `(?<at>\S+) (?<level>\w+) (?<message>.*)`. It must fit the whole record. */
  readonly pattern: string | RegExp
}

/** Each record as it is, in the column `text`. */
export interface LineLogFormat {
  readonly type: 'line'
}

export interface LogMultiline {
  /** A line that this fits begins a record; all others continue one. */
  readonly start: string | RegExp
  /** The last record is complete once nothing followed for so long. Default 1000. */
  readonly waitMs?: number
}
