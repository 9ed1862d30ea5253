import { createHash } from 'node:crypto'
import type { Schema, Type } from '@millrace/core'

const known = new WeakMap<Schema, string>()

/** Equal for schemas that hold the same rows: names, types and key; not what is only for people. */
export function schemaFingerprint(schema: Schema): string {
  const kept = known.get(schema)
  if (kept !== undefined) return kept
  const meaning = [schema.key, schema.columns.map(({ name, type }) => [name, ...typeMeaning(type)])]
  const fingerprint = createHash('sha256').update(JSON.stringify(meaning)).digest('hex').slice(0, 32)
  known.set(schema, fingerprint)
  return fingerprint
}

function typeMeaning(type: Type): readonly unknown[] {
  switch (type.kind) {
    case 'decimal':
      return [type.kind, type.width, type.scale]
    case 'enum':
      return [type.kind, type.members]
    case 'list':
      return [type.kind, typeMeaning(type.element)]
    case 'struct':
      return [type.kind, type.fields.map((field) => [field.name, typeMeaning(field.type)])]
    case 'map':
      return [type.kind, typeMeaning(type.key), typeMeaning(type.value)]
    default:
      return [type.kind]
  }
}
