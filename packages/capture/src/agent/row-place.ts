/** Where a row belongs: its key as text, and the partition that holds all of its key. */
import { type Schema, type Value, valueToText } from '@millrace/core'

/** Null where the stream has no key, or it could not be read. */
export function keyTextOf({ columns, key }: Schema, values: readonly (Value | undefined)[]): string | null {
  if (key.length === 0) return null
  const parts: string[] = []
  for (const at of key) {
    const value = values[at]
    const column = columns[at]
    if (value === undefined || value === null || column === undefined) return null
    parts.push(valueToText(column.type, value))
  }
  return JSON.stringify(parts)
}

/** FNV-1a: the same text, the same partition, for ever. */
export function partitionFor(text: string, partitions: number): number {
  if (partitions === 1) return 0
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return (hash >>> 0) % partitions
}
