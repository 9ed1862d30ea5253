/** The schemas that the source's streams have in the log: declared, or inferred once and fixed since. */
import type { LogReader } from '@millrace/core'
import { type DeclaredFiles, streamOf } from './declared-files.ts'
import type { RecordSchema } from './format/record-reader.ts'
import { recordsOf } from './record-names.ts'

export function storedSchemas(source: string, reader: LogReader): (declared: DeclaredFiles) => readonly RecordSchema[] {
  const known = new Map<string, readonly RecordSchema[]>()
  return (declared) => {
    const found = known.get(declared.name)
    if (found !== undefined) return found
    const schemas = recordsOf(declared.config.format).map((record) => ({
      stream: record,
      schema: reader.stream(streamOf(source, declared.name, record)).schema,
    }))
    known.set(declared.name, schemas)
    return schemas
  }
}
