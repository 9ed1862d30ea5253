/**
 * The body of an event: the change as JSON, with exact numbers. Written as text in one pass, because an
 * object per row would cost more than all the rest of a delivery's own work.
 *
 * A cell that the source did not tell is left out of `after` and `before`; the names of those that did
 * not change stand in `unchanged`.
 */
import { type Batch, CELL, cellAt, OPERATION, OPERATION_NAME, type Schema, valueAt, valueToJson, type Vector } from '@millrace/core'

export interface EventContext {
  readonly id: string
  readonly stream: string
  readonly partition: number
  readonly position: number
  /** The cut that the change belongs to; for a model, the cut of its inputs that it reflects. */
  readonly asOf: number
}

export function eventBody(batch: Batch, row: number, context: EventContext): string {
  const { schema } = batch
  const operation = batch.operations[row] as 0 | 1 | 2 | 3
  const name = OPERATION_NAME[operation]
  const stream = JSON.stringify(context.stream)
  const key =
    operation === OPERATION.TRUNCATE || schema.key.length === 0 ? 'null' : objectText(schema, batch.after, { row, columns: schema.key })
  return (
    `{"id":"${context.id}","type":${JSON.stringify(`${context.stream}.${name}`)},"stream":${stream},"partition":${context.partition},` +
    `"position":${context.position},"operation":"${name}","key":${key},${rowsText(batch, row, operation)},` +
    `"committed_at":"${instantText(batch.times[row] ?? 0)}","as_of":${context.asOf},` +
    `"source":{"transaction":${batch.transactions[row]},"index":${batch.indexes[row]}}}`
  )
}

function rowsText(batch: Batch, row: number, operation: number): string {
  const { schema, before, after } = batch
  const columns = allColumns(schema)
  switch (operation) {
    case OPERATION.TRUNCATE:
      return '"before":null,"after":null'
    case OPERATION.DELETE:
      return `"before":${objectText(schema, after, { row, columns })},"after":null`
    default: {
      const old = before === null || operation === OPERATION.INSERT ? 'null' : objectText(schema, before, { row, columns })
      return `"before":${old === '{}' ? 'null' : old},"after":${objectText(schema, after, { row, columns })}${unchangedText(schema, after, row)}`
    }
  }
}

function objectText(schema: Schema, vectors: readonly Vector[], { row, columns }: { row: number; columns: readonly number[] }): string {
  const names = columnNames(schema)
  let text = ''
  for (const column of columns) {
    const vector = vectors[column]
    const type = schema.columns[column]?.type
    if (vector === undefined || type === undefined) continue
    const value = valueAt(vector, row)
    if (value === undefined) continue
    text += `${text === '' ? '' : ','}${names[column]}:${JSON.stringify(valueToJson(type, value))}`
  }
  return `{${text}}`
}

function unchangedText(schema: Schema, vectors: readonly Vector[], row: number): string {
  const names = columnNames(schema)
  const unchanged = vectors.flatMap((vector, column) => (cellAt(vector, row) === CELL.UNCHANGED ? [names[column]] : []))
  return unchanged.length === 0 ? '' : `,"unchanged":[${unchanged.join(',')}]`
}

/** `2026-01-02T03:04:05.678901Z`. */
export function instantText(micros: number): string {
  const ms = Math.floor(micros / 1000)
  return `${new Date(ms).toISOString().slice(0, -1)}${String(micros - ms * 1000).padStart(3, '0')}Z`
}

const namesOf = new WeakMap<Schema, readonly string[]>()

/** The names as JSON strings, made once for each schema. */
function columnNames(schema: Schema): readonly string[] {
  let names = namesOf.get(schema)
  if (names === undefined) namesOf.set(schema, (names = schema.columns.map(({ name }) => JSON.stringify(name))))
  return names
}

const columnsOf = new WeakMap<Schema, readonly number[]>()

function allColumns(schema: Schema): readonly number[] {
  let columns = columnsOf.get(schema)
  if (columns === undefined) columnsOf.set(schema, (columns = schema.columns.map((_, index) => index)))
  return columns
}
