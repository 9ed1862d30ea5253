/**
 * The streams of a source of files. Declared types need no file. Inferred ones are taken from the first file,
 * in the order of reading, and then fixed: once a stream is in the log, its schema is what the log says.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MillraceError, systemClock, systemRandom } from '@millrace/base'
import type { StreamDefinition } from '@millrace/core'
import { belongsTo, type DeclaredFiles, declaredFiles, keyed, streamOf } from './declared-files.ts'
import { declaredSchemas } from './format/read-records.ts'
import type { RecordSchema } from './format/record-reader.ts'
import type { ListedObject, ObjectStore } from './object/object-store.ts'
import { type FilesPlace, openObjectStore } from './object/open-object-store.ts'
import { VersionContent, withLocalCopy } from './version-content.ts'

/** Objects that are looked at to find the first one. */
const OBJECTS_LOOKED_AT_MAX = 10_000

export async function discoverFiles(place: FilesPlace, known: readonly StreamDefinition[] = []): Promise<StreamDefinition[]> {
  const store = openObjectStore(place, { clock: systemClock, random: systemRandom })
  const declared = declaredFiles(place.config)
  const definitions: StreamDefinition[] = []
  for (const one of declared) {
    const stored = known.find(({ name }) => name === streamOf(place.name, one.name, null))
    for (const record of await schemasOf({ place, store, declared, one, stored })) {
      const { stream, schema } = keyed(place.name, one, record)
      definitions.push({ name: streamOf(place.name, one.name, stream), kind: 'table', schema, partitions: 1 })
    }
  }
  refuseTwins(place.name, definitions)
  return definitions
}

interface Question {
  readonly place: FilesPlace
  readonly store: ObjectStore
  readonly declared: readonly DeclaredFiles[]
  readonly one: DeclaredFiles
  readonly stored: StreamDefinition | undefined
}

async function schemasOf({ place, store, declared, one, stored }: Question): Promise<readonly RecordSchema[]> {
  const { format } = one.config
  const name = `${place.name}.${one.name}`
  const given = format.type === 'parquet' ? null : declaredSchemas(format, name)
  if (given !== null) return given
  if (stored !== undefined) return [{ stream: null, schema: stored.schema }]
  const { signal } = new AbortController()
  const first = await firstOf(store, (key) => belongsTo(key, declared) === one, signal)
  if (first === null) {
    const files = one.patterns.map(({ text }) => text).join(', ')
    throw new MillraceError('CAPTURE_FILE_NONE', { details: { source: place.name, stream: name, place: store.place, files } })
  }
  if (format.type !== 'parquet') {
    const { inferSchemas } = await import('./format/infer-schemas.ts')
    return (await inferSchemas({ bytes: store.read(first, signal), format, name: first.key })).schemas
  }
  const { parquetSchemas } = await import('./format/parquet/read-parquet.ts')
  const folder = await mkdtemp(join(tmpdir(), 'millrace-sample-'))
  try {
    const content = new VersionContent(store.read(first, signal))
    return await withLocalCopy(content, folder, (path) => parquetSchemas({ path, format, name: first.key }))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The first in the order of reading, as far as it is looked. */
async function firstOf(store: ObjectStore, isWanted: (key: string) => boolean, signal: AbortSignal): Promise<ListedObject | null> {
  let first: ListedObject | null = null
  let looked = 0
  for await (const page of store.pages(signal)) {
    for (const object of page) {
      if (object.size === 0 || !isWanted(object.key)) continue
      if (first === null || isBefore(object, first)) first = object
    }
    looked += page.length
    if (looked >= OBJECTS_LOOKED_AT_MAX && first !== null) break
  }
  return first
}

function isBefore(left: ListedObject, right: ListedObject): boolean {
  return left.modifiedMicros === right.modifiedMicros ? left.key < right.key : left.modifiedMicros < right.modifiedMicros
}

function refuseTwins(source: string, definitions: readonly StreamDefinition[]): void {
  const names = new Set<string>()
  for (const { name } of definitions) {
    if (!names.has(name)) {
      names.add(name)
      continue
    }
    const place = `\`sources.${source}.streams\``
    const problem = `${place} makes two streams named '${name}'`
    throw new MillraceError('CONFIG_INVALID', { details: { file: 'millrace.config.ts', problem, place } })
  }
}
