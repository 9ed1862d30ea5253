/** Whether the log's rows of a table are the source's: folded here as a reader would, by key. */
import { assert } from '@millrace/base'
import type { Rig } from '@millrace/capture/rig'
import { type Value, valueToText } from '@millrace/core'

export async function sourceRows(rig: Rig, table: string): Promise<string[]> {
  const columns = rig.reader.stream(`shop.${table}`).schema.columns.map(({ name }) => `coalesce(${name}::text, '~')`)
  const rows = await rig.sql(`select concat_ws('|', ${columns.join(', ')}) as row from ${table}`)
  return rows.map(({ row }) => String(row)).sort()
}

/** What is told last of a key holds. */
export function logRows(rig: Rig, table: string): string[] {
  const { schema } = rig.reader.stream(`shop.${table}`)
  const rows = new Map<string, (Value | undefined)[]>()
  const keyOf = (cells: readonly (Value | undefined)[]): string => schema.key.map((at) => String(cells[at])).join('|')
  for (const { operation, after, before } of rig.changes(`shop.${table}`)) {
    if (operation === 'truncate') rows.clear()
    const isTold = before !== null && schema.key.every((at) => before[at] !== undefined)
    const oldKey = keyOf(isTold ? before : after)
    const old = rows.get(oldKey)
    rows.delete(oldKey)
    if (operation === 'insert' || operation === 'update')
      rows.set(
        keyOf(after),
        after.map((cell, at) => (cell === undefined ? old?.[at] : cell)),
      )
  }
  return Array.from(rows.values(), (cells) =>
    schema.columns.map(({ type }, at) => (cells[at] === null || cells[at] === undefined ? '~' : valueToText(type, cells[at]))).join('|'),
  ).sort()
}

export async function expectSame(rig: Rig, table: string): Promise<void> {
  const source = await sourceRows(rig, table)
  const log = logRows(rig, table)
  const [missing, tooMany] = [without(source, log), without(log, source)]
  assert(
    missing === 0 && tooMany === 0,
    `${table}: ${missing} rows of the source are not in the log, ${tooMany} of the log are not in the source`,
  )
}

function without(rows: readonly string[], others: readonly string[]): number {
  const known = new Set(others)
  return rows.filter((row) => !known.has(row)).length
}
