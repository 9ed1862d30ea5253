/**
 * Seeds as relations. Their columns and the hash of their content are read once and kept as long as the
 * file and its times of change are the same.
 */
import { describeError, MillraceError } from '@millrace/base'
import { quoteLiteral } from '@millrace/sql/text'
import { createHash } from 'node:crypto'
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { openEngine } from '../../engine.ts'
import type { GraphColumn, GraphRelation } from '../check/checked-graph.ts'
import { keepFile } from '../check/keep-file.ts'
import type { SeedFile } from './read-models.ts'

export interface Seed extends GraphRelation {
  readonly file: string
  /** A hash of the file's content. */
  readonly content: string
  /** As long as it is this one, the file has that content. */
  readonly stamp: string
}

export interface SeedRequest {
  readonly folder: string
  readonly seeds: readonly SeedFile[]
  /** Where what was read is kept. */
  readonly cachePath: string
}

interface SeedEntry {
  readonly stamp: string
  readonly content: string
  readonly columns: readonly GraphColumn[]
}

export async function seedRelations({ folder, seeds, cachePath }: SeedRequest): Promise<{ seeds: Seed[]; errors: MillraceError[] }> {
  if (seeds.length === 0) return { seeds: [], errors: [] }
  const before = readEntries(cachePath)
  const entries = new Map<string, SeedEntry>()
  const errors: MillraceError[] = []
  for (const { file } of seeds) {
    const path = join(folder, file)
    const stamp = stampOf(path)
    const known = before.get(file)
    const entry = known?.stamp === stamp ? known : await readSeed(path, file, stamp)
    if (entry instanceof MillraceError) errors.push(entry)
    else entries.set(file, entry)
  }
  if ([...entries].some(([file, entry]) => before.get(file) !== entry)) writeEntries(cachePath, entries)
  const sound = seeds.flatMap(({ name, file }) => {
    const entry = entries.get(file)
    return entry === undefined ? [] : [{ name, file, ...entry }]
  })
  return { seeds: sound, errors }
}

/** Tools that copy a file may set its time of change to what it was; they cannot set that of its entry. */
function stampOf(path: string): string {
  const { size, mtimeMs, ctimeMs, ino } = statSync(path)
  return [size, mtimeMs, ctimeMs, ino].join(':')
}

/** Reads rows of a seed, which must be those that were checked: they are known by that content. Raises SEED_CHANGED. */
export async function readingSeed<Result>({ file, stamp }: Seed, path: string, read: () => Promise<Result>): Promise<Result> {
  const outcome = await read().then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
  if (!existsSync(path) || stampOf(path) !== stamp) throw new MillraceError('SEED_CHANGED', { details: { file } })
  if ('error' in outcome) throw outcome.error
  return outcome.value
}

/** The SQL that reads a seed's rows; types of CSV are found by looking at all of it. */
export function seedScan(path: string): string {
  return path.endsWith('.csv') ? `read_csv(${quoteLiteral(path)}, header = true, sample_size = -1)` : `read_parquet(${quoteLiteral(path)})`
}

async function readSeed(path: string, file: string, stamp: string): Promise<SeedEntry | MillraceError> {
  const engine = await openEngine()
  try {
    const described = await engine.connection.runAndReadAll(`DESCRIBE SELECT * FROM ${seedScan(path)}`)
    const columns = described.getRows().map((row) => ({ name: String(row[0]), type: String(row[1]) }))
    const hash = createHash('sha1')
    await pipeline(createReadStream(path), hash)
    return { stamp, content: hash.digest('hex'), columns }
  } catch (error) {
    const problem = (describeError(error).split('\n')[0] ?? '').replace(/\.$/, '')
    return new MillraceError('SEED_UNREADABLE', { details: { file, problem }, cause: error })
  } finally {
    await engine.close()
  }
}

function readEntries(path: string): Map<string, SeedEntry> {
  try {
    return new Map(JSON.parse(readFileSync(path, 'utf8')) as [string, SeedEntry][])
  } catch {
    return new Map()
  }
}

function writeEntries(path: string, entries: ReadonlyMap<string, SeedEntry>): void {
  keepFile(path, JSON.stringify([...entries]))
}
