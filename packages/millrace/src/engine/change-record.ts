import { type Batch, OPERATION_NAME, type Schema, type StoredBatch, valueAt, valueToJson, type Vector } from '@millrace/core'
import type { ChangeRecord, Row } from '@millrace/serve'

/** One change of a stored batch for people: names with values, exact numbers, times in milliseconds. */
export function changeRecord(stored: StoredBatch, batch: Batch, row: number): ChangeRecord {
  const isDelete = OPERATION_NAME[batch.operations[row] as 0 | 1 | 2 | 3] === 'delete'
  const told = rowOf(batch.schema, batch.after, row)
  return {
    stream: stored.stream,
    partition: stored.partition,
    position: stored.first + row,
    cut: stored.cut,
    operation: OPERATION_NAME[batch.operations[row] as 0 | 1 | 2 | 3],
    transaction: batch.transactions[row] as number,
    committedMs: (batch.times[row] as number) / 1000,
    loggedMs: stored.committedMs,
    key: batch.schema.key.map((at) => batch.schema.columns[at]?.name ?? ''),
    before: isDelete ? told : batch.before === null ? null : rowOf(batch.schema, batch.before, row),
    after: isDelete ? null : told,
  }
}

/** The told cells of a row by column name; null where nothing was told. */
function rowOf(schema: Schema, vectors: readonly Vector[], row: number): Row | null {
  const entries = schema.columns.flatMap((column, at) => {
    const vector = vectors[at]
    const value = vector === undefined ? undefined : valueAt(vector, row)
    return value === undefined ? [] : [[column.name, valueToJson(column.type, value)] as const]
  })
  return entries.length === 0 ? null : Object.fromEntries(entries)
}

/** What a row is called in one line: `order_id=17`. */
export function keyText(record: ChangeRecord): string {
  const row = record.after ?? record.before ?? {}
  const names = record.key.length > 0 ? record.key : Object.keys(row)
  return names.map((name) => `${name}=${String(row[name] ?? 'NULL')}`).join(' ')
}
