/** A parked change as a batch of one, under the identity that it has had from the first (law 5). */
import { describeError, MillraceError } from '@millrace/base'
import {
  type Batch,
  BatchBuilder,
  CELL,
  type Column,
  OPERATION_NAME,
  type Schema,
  type Value,
  valueFromJson,
  type VectorBuilder,
} from '@millrace/core'
import type { KeptRecord, ParkedRow } from './parked-record.ts'

export function batchOf(schema: Schema, record: KeptRecord): Batch {
  const { operation, transaction, index, time, row, before } = record
  if (row === null) throw unreadable(record, 'its columns could not be told apart')
  const stranger = Object.keys(row).find((name) => !schema.columns.some((column) => column.name === name))
  if (stranger !== undefined) throw unreadable(record, `it names a column ${stranger}, which ${record.stream} does not have`)
  const builder = new BatchBuilder(schema, 1)
  builder.start(OPERATION_NAME.indexOf(operation), transaction, index, time, before !== null)
  for (const [at, column] of schema.columns.entries()) pushCell(builder.after[at] as VectorBuilder, column, record, row)
  if (before !== null)
    for (const [at, column] of schema.columns.entries()) pushBefore(builder.before[at] as VectorBuilder, column, record, before)
  return builder.finish()
}

/** A cell that was not told is unchanged in an update, not told in a delete, and NULL where an insert may leave it so. */
function pushCell(into: VectorBuilder, column: Column, record: KeptRecord, row: ParkedRow): void {
  const value = valueOf(column, record, row)
  if (value !== undefined && (value !== null || column.nullable || record.operation === 'delete')) return into.push(value)
  if (record.operation === 'update' && value === undefined) return into.pushCell(CELL.UNCHANGED)
  if (record.operation === 'delete') return into.pushCell(CELL.ABSENT)
  if (!column.nullable) throw unreadable(record, `the column ${column.name} has no value and may not be NULL`)
  into.pushCell(CELL.NULL)
}

function pushBefore(into: VectorBuilder, column: Column, record: KeptRecord, row: ParkedRow): void {
  const value = valueOf(column, record, row)
  if (value === undefined) into.pushCell(CELL.ABSENT)
  else into.push(value)
}

function valueOf(column: Column, record: KeptRecord, row: ParkedRow): Value | undefined {
  const json = row[column.name]
  if (json === undefined) return undefined
  try {
    return valueFromJson(column.type, json)
  } catch (cause) {
    throw unreadable(record, `the column ${column.name}: ${describeError(cause)}`, cause)
  }
}

function unreadable({ id }: KeptRecord, what: string, cause?: unknown): MillraceError {
  return new MillraceError('PARKED_NOT_READABLE', { details: { id, what }, ...(cause === undefined ? {} : { cause }) })
}
