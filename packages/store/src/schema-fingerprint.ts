import { createHash } from 'node:crypto'
import type { Schema } from '@millrace/core'

const known = new WeakMap<Schema, string>()

/** Equal for schemas that hold the same rows: names, types and key; not what is only for people. */
export function schemaFingerprint(schema: Schema): string {
  const kept = known.get(schema)
  if (kept !== undefined) return kept
  const meaning = [
    schema.key,
    schema.columns.map(({ name, type }) => [name, type.kind, ...(type.kind === 'decimal' ? [type.width, type.scale] : [])]),
  ]
  const fingerprint = createHash('sha256').update(JSON.stringify(meaning)).digest('hex').slice(0, 32)
  known.set(schema, fingerprint)
  return fingerprint
}
