/** The declarations of a source, ready to be asked which of them a file belongs to and what it yields. */
import { createHash } from 'node:crypto'
import { MillraceError } from '@millrace/base'
import type { FilesSource, FileStream, Schema } from '@millrace/core'
import type { RecordSchema } from './format/record-reader.ts'
import { type ObjectPattern, objectPattern } from './object/object-pattern.ts'

export interface DeclaredFiles {
  readonly name: string
  readonly config: FileStream
  readonly patterns: readonly ObjectPattern[]
  /** Changes with whatever decides how a file is read, so that one that failed is tried again then. */
  readonly fingerprint: string
}

export function declaredFiles({ streams }: FilesSource): readonly DeclaredFiles[] {
  return Object.entries(streams).map(([name, config]) => ({
    name,
    config,
    patterns: (typeof config.files === 'string' ? [config.files] : config.files).map(objectPattern),
    fingerprint: createHash('sha256').update(JSON.stringify(config)).digest('hex').slice(0, 16),
  }))
}

/** The first whose pattern fits: so that no file is read twice. */
export function belongsTo(key: string, declared: readonly DeclaredFiles[]): DeclaredFiles | undefined {
  return declared.find(({ patterns }) => patterns.some((pattern) => pattern.fits(key)))
}

/** `bank.payments`, or of a file with several types of record `bank.payments_fee`. */
export function streamOf(source: string, declared: string, record: string | null): string {
  return record === null ? `${source}.${declared}` : `${source}.${declared}_${record}`
}

/** The schema with the declared key on it. A key cannot be null, so that a record without one is parked. */
export function keyed(source: string, { name, config }: DeclaredFiles, { stream, schema }: RecordSchema): RecordSchema {
  const key = (config.key ?? []).map((column) => {
    const at = schema.columns.findIndex((each) => each.name === column)
    if (at >= 0) return at
    const place = `\`sources.${source}.streams.${name}.key\``
    const problem = `${place} names '${column}', which is no column of ${streamOf(source, name, stream)}`
    throw new MillraceError('CONFIG_INVALID', { details: { file: 'millrace.config.ts', problem, place } })
  })
  const columns = schema.columns.map((column, at) => (key.includes(at) ? { ...column, nullable: false } : column))
  const shape: Schema = { columns, key }
  return { stream, schema: shape }
}
