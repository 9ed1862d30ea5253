/**
 * The rows that a keyed stream's changes add up to, in the plainest way there is: a map from key to row.
 * It is a witness against the engine's fold and the batch engine's, so it shares nothing with them.
 */
import { assert } from '@millrace/base'
import { type Change, changeAt, type LogReader, type Value } from '@millrace/core'

export function foldRows(reader: LogReader, stream: string): Value[][] {
  const { schema } = reader.stream(stream)
  assert(schema.key.length > 0, `${stream} has a key`)
  const rows = new Map<string, Value[]>()
  const keyOf = (cells: Change['after']): string => JSON.stringify(schema.key.map((at) => String(cells[at])))
  for (const stored of reader.read(stream)) {
    const batch = stored.batch()
    for (let row = 0; row < batch.count; row += 1) apply(rows, changeAt(batch, row), keyOf)
  }
  return [...rows.values()]
}

function apply(rows: Map<string, Value[]>, { operation, before, after }: Change, keyOf: (cells: Change['after']) => string): void {
  if (operation === 'truncate') return rows.clear()
  const key = keyOf(after)
  const oldKey = before === null || keyOf(before).includes('undefined') ? key : keyOf(before)
  const old = rows.get(oldKey)
  if (operation !== 'insert') rows.delete(oldKey)
  if (operation === 'delete') return
  // A cell that the source did not tell is as it was.
  rows.set(
    key,
    after.map((value, at) => value ?? (value === null ? null : (old?.[at] ?? null))),
  )
}
