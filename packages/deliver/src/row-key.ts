/** Which row a change belongs to, as text: what order is kept within, and what people search by. */
import { hash } from 'node:crypto'
import { type Batch, OPERATION, type Schema, valueAt, valueToText, type Vector } from '@millrace/core'

/** A truncation concerns every row. */
const EVERY_ROW = '*'
const KEY_TEXT_LIMIT = 200

/** `order_id=17`, `order_id=17,line=2`; without a key the row as a whole is its identity. */
export function rowKeyOf(batch: Batch, row: number): string {
  if (batch.operations[row] === OPERATION.TRUNCATE) return EVERY_ROW
  return keyText(batch.schema, batch.after, row)
}

/**
 * Whether order must hold over more than one key: a truncation, or an update that gives the row another
 * key. Nothing of the partition may then overtake it, nor it anything.
 */
export function isBarrier(batch: Batch, row: number): boolean {
  const operation = batch.operations[row]
  if (operation === OPERATION.TRUNCATE) return true
  const { schema, before, after } = batch
  if (operation !== OPERATION.UPDATE || before === null) return false
  return identityOf(schema).some((column) => {
    const old = textAt(schema, before, { column, row })
    const now = textAt(schema, after, { column, row })
    return old !== undefined && now !== undefined && old !== now
  })
}

function keyText(schema: Schema, vectors: readonly Vector[], row: number): string {
  const parts = identityOf(schema).map(
    (column) => `${schema.columns[column]?.name ?? ''}=${textAt(schema, vectors, { column, row }) ?? ''}`,
  )
  const text = parts.join(',')
  if (schema.key.length === 0) return `row#${hash('sha256', text).slice(0, 24)}`
  return text.length <= KEY_TEXT_LIMIT ? text : `${text.slice(0, KEY_TEXT_LIMIT)}#${hash('sha256', text).slice(0, 24)}`
}

function identityOf(schema: Schema): readonly number[] {
  return schema.key.length > 0 ? schema.key : schema.columns.map((_, index) => index)
}

/** The value as text; undefined where the source did not tell. */
function textAt(schema: Schema, vectors: readonly Vector[], { column, row }: { column: number; row: number }): string | undefined {
  const vector = vectors[column]
  const type = schema.columns[column]?.type
  if (vector === undefined || type === undefined) return undefined
  const value = valueAt(vector, row)
  if (value === undefined || value === null) return value === null ? 'null' : undefined
  return valueToText(type, value)
}
