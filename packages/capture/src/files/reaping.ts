/** Turns what a reader yields of one version into what goes into the log: partitions, held keys, parked records. */
import { type Clock, MillraceError } from '@millrace/base'
import { type Append, type Batch, type Schema, type Value, valueToJson } from '@millrace/core'
import type { ParkedRecord, ParkedRow } from '../parking/parked-record.ts'
import type { Parking } from '../parking/parking.ts'
import { type DeclaredFiles, streamOf } from './declared-files.ts'
import type { FileRow } from './file-table.ts'
import type { BadRecord, RecordPart } from './format/record-reader.ts'
import { Harvest } from './harvest.ts'
import type { TableDiff } from './table-diff.ts'
import type { TableRows } from './table-rows.ts'
import { hashText, keyText, parkedKeyText, splitRows } from './partition-of.ts'

export interface ReapingOptions {
  readonly source: string
  readonly row: FileRow
  readonly declared: DeclaredFiles
  readonly transaction: number
  readonly parking: Parking
  readonly clock: Clock
  readonly partitionsOf: (stream: string) => number
  /** Where the file is a whole table. */
  readonly diff: TableDiff | null
  readonly rows: TableRows | null
}

/** A file with more of them is of another format, most likely; it is parked as a whole. */
const BAD_RECORDS_MAX = 1000
/** Of bad records and of those held behind others, what is kept until the version is complete. */
const PARKED_BYTES_MAX = 16_777_216

interface Target {
  readonly stream: string
  readonly schema: Schema
  readonly partitions: number
}

export class Reaping {
  readonly harvest = new Harvest()
  readonly #options: ReapingOptions
  #parked = 0
  #parkedBytes = 0

  constructor(options: ReapingOptions) {
    this.#options = options
  }

  take(part: RecordPart): void {
    const { source, declared, partitionsOf } = this.#options
    const stream = streamOf(source, declared.name, part.stream)
    const target: Target = { stream, schema: part.batch.schema, partitions: partitionsOf(stream) }
    this.harvest.bytes += part.bytes
    if (this.#options.diff !== null) return this.#takeTable(target, part, this.#options.diff)
    // In the order of the file, so that a good record after a bad one of its key waits behind it.
    for (const bad of part.bad) this.#park(target, this.#recordOf(target, bad))
    for (const [partition, batch] of this.#placed(target, part.batch)) {
      this.harvest.appends.push({ stream, partition, batch })
      this.harvest.changes += batch.count
    }
  }

  /** A parked record of a table holds nobody back: its key's row is told anew by the next file. */
  #takeTable(target: Target, part: RecordPart, diff: TableDiff): void {
    const { rows, transaction, row: file } = this.#options
    const { appends, rows: written, repeated } = diff.take(part.batch, part.bad)
    for (const bad of part.bad) this.#park(target, { ...this.#recordOf(target, bad), key: null })
    for (const { index, row } of repeated) {
      const record = this.#behind(target, { key: keyText(target.schema, row), row, index })
      const reason = 'Its key stands in the file before it.'
      this.#park(target, { ...record, place: `${file.object}, record ${index + 1}`, code: 'CAPTURE_FILE_KEY_REPEATED', reason, key: null })
    }
    this.add(appends)
    this.harvest.staged.push(...(rows?.write(transaction, written) ?? []))
  }

  /** What was taken so far is durable. */
  readonly stored = (): void => {
    this.#options.diff?.stored()
  }

  add(appends: readonly Append[]): void {
    this.harvest.appends.push(...appends)
    for (const { batch } of appends) this.harvest.changes += batch.count
  }

  #placed(target: Target, batch: Batch): ReadonlyMap<number, Batch> {
    const { stream, schema, partitions } = target
    if (batch.count === 0) return new Map()
    const hasKey = schema.key.length > 0
    const holdsKeys = hasKey && !this.#options.parking.isClear(stream)
    if (!holdsKeys && (!hasKey || partitions === 1)) return new Map([[this.#filePartition(partitions), batch]])
    return splitRows(batch, (row, at) => {
      const key = keyText(schema, row)
      if (!holdsKeys || !this.#options.parking.holds(stream, key)) return hashText(key) % partitions
      this.#park(target, this.#behind(target, { key, row, index: batch.indexes[at] as number }))
      return null
    })
  }

  /** Without a key, a file's rows stay together and in order. */
  #filePartition(partitions: number): number {
    return partitions === 1 ? 0 : hashText(this.#options.row.object) % partitions
  }

  #recordOf(target: Target, { index, line, reason, raw, row }: BadRecord): ParkedRecord {
    const { row: file } = this.#options
    const key = parkedKeyText(target.schema, row)
    const place = `${file.object}, line ${line}`
    return { ...this.#origin(target, index, key), place, code: 'CAPTURE_FILE_RECORD', reason, raw, row, key }
  }

  #behind(target: Target, { key, row, index }: { key: string; row: readonly (Value | undefined)[]; index: number }): ParkedRecord {
    const { row: file } = this.#options
    const told: ParkedRow = Object.fromEntries(
      target.schema.columns.map((column, at) => [column.name, valueToJson(column.type, row[at] ?? null)]),
    )
    return {
      ...this.#origin(target, index, key),
      place: `${file.object}, record ${index + 1}`,
      code: 'PARKED_BEHIND',
      reason: 'An earlier record of its key is parked.',
      raw: new TextEncoder().encode(JSON.stringify(told)),
      row: told,
      key,
    }
  }

  #origin(
    { stream, partitions }: Target,
    index: number,
    key: string | null,
  ): Omit<ParkedRecord, 'place' | 'code' | 'reason' | 'raw' | 'row' | 'key'> {
    const { source, transaction, row } = this.#options
    const partition = key === null ? this.#filePartition(partitions) : hashText(key) % partitions
    return { source, stream, partition, transaction, index, time: row.modified_us, operation: 'insert', before: null }
  }

  #park({ stream }: Target, record: ParkedRecord): void {
    const { source, row } = this.#options
    this.#parked += 1
    this.#parkedBytes += record.raw.length + record.reason.length
    if (this.#parked > BAD_RECORDS_MAX || this.#parkedBytes > PARKED_BYTES_MAX) {
      throw new MillraceError('CAPTURE_FILE_BAD_RECORDS', { details: { source, file: row.object, limit: BAD_RECORDS_MAX, stream } })
    }
    this.harvest.control.push(...this.#options.parking.park(record))
  }
}
