/** Which partition a row goes to, and what its key is called. */
import { type Batch, BatchBuilder, changeAt, type Schema, type Value, valueToJson } from '@millrace/core'
import type { ParkedRow } from '../parking/parked-record.ts'

/** FNV-1a: equal texts, equal numbers, in every process. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}

export function keyText({ columns, key }: Schema, row: readonly (Value | undefined)[]): string {
  return JSON.stringify(key.map((at) => valueToJson((columns[at] as Schema['columns'][number]).type, row[at] ?? null)))
}

/** The key of a row that could only be read in part; null where its key could not, or where it has none. */
export function parkedKeyText({ columns, key }: Schema, row: ParkedRow | null): string | null {
  const values = key.map((at) => row?.[columns[at]?.name ?? ''])
  return key.length === 0 || values.some((value) => value === undefined || value === null) ? null : JSON.stringify(values)
}

/** The batch in parts: each row goes where `place` says, or nowhere where it says null. Rows keep their order. */
export function splitRows(batch: Batch, place: (row: readonly (Value | undefined)[], at: number) => number | null): Map<number, Batch> {
  const builders = new Map<number, BatchBuilder>()
  for (let at = 0; at < batch.count; at += 1) {
    const change = changeAt(batch, at)
    const target = place(change.after, at)
    if (target === null) continue
    let builder = builders.get(target)
    if (builder === undefined) builders.set(target, (builder = new BatchBuilder(batch.schema)))
    builder.push(change.operation, change, change.after, change.before ?? undefined)
  }
  return new Map([...builders].map(([target, builder]) => [target, builder.finish()]))
}
