/**
 * The same SQL that is kept live, computed once by DuckDB over streams at a cut (law 3). Models that it
 * reads are views, so that everything comes from the source streams and nothing from a live output.
 */
import { MillraceError } from '@millrace/base'
import type { LogReader, Watermark } from '@millrace/core'
import { type ModelSource, quoteIdentifier, relationName } from '@millrace/sql'
import { type EngineOptions, openEngine } from './engine.ts'
import { problemOfRun, queryError } from './query-error.ts'
import { type Reads, readsOf } from './reads.ts'
import { type Relation, relationOf } from './relation.ts'
import { type LoadProgress, openSnapshot, type Snapshot, type StreamRequest } from './snapshot.ts'
import { withoutEnd } from './without-end.ts'

/** Where results lie, apart from streams and views. */
const RESULTS = 'millrace_result'

export interface ModelRun {
  readonly snapshot: Snapshot
  /** The model's name, or SQL of its own. */
  readonly model: string | { readonly name: string; readonly sql: string }
  /** Models that it may read, in any order. */
  readonly models: readonly ModelSource[]
}

/** Computes a model into a table of the snapshot's database; the result is read from there. */
export async function runModel({ snapshot, model, models }: ModelRun): Promise<Relation> {
  const { name, sql } = typeof model === 'string' ? modelNamed(models, model) : model
  const { connection } = snapshot
  const refuse = (problem: Parameters<typeof queryError>[1], read: ModelSource | null): never => {
    throw queryError(read?.sql ?? sql, problem)
  }
  const reads = await readsOf({ connection, sql, models, streams: [], refuse })
  const result = resultName(name)
  try {
    for (const read of reads.models) await connection.run(`CREATE OR REPLACE VIEW ${relationName(read.name)} AS ${withoutEnd(read.sql)}`)
    await connection.run(`CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(RESULTS)}`)
    await connection.run(`CREATE OR REPLACE TABLE ${result} AS ${withoutEnd(sql)}`)
  } catch (error) {
    throw new MillraceError('BATCH_FAILED', { cause: error, details: { relation: name, problem: problemOfRun(error) } })
  }
  return relationOf(connection, result)
}

/** The table of a result, quoted, for whoever compares it in the same database. */
export function resultName(model: string): string {
  return `${quoteIdentifier(RESULTS)}.${quoteIdentifier(model)}`
}

/** A model with what it knows of its streams where it has been bound. */
export interface ComputedModel extends ModelSource {
  readonly watermarks?: Readonly<Record<string, Watermark>>
}

export interface BatchRequest extends EngineOptions {
  readonly reader: LogReader
  readonly model: string
  readonly models: readonly ComputedModel[]
  /** Default: the newest. */
  readonly cut?: number
  readonly onProgress?: (progress: LoadProgress) => void
}

export interface BatchRun {
  readonly snapshot: Snapshot
  readonly relation: Relation
}

/** Opens a snapshot of exactly what a model needs and computes it. The caller closes the snapshot. */
export async function runBatch({ reader, model, models, cut, ...options }: BatchRequest): Promise<BatchRun> {
  const reads = await readsOfModel({ reader, model, models })
  const snapshot = await openSnapshot({ reader, streams: reads.streams, cut: cut ?? reader.cut(), ...options })
  try {
    return { snapshot, relation: await runModel({ snapshot, model, models }) }
  } catch (error) {
    await snapshot.close()
    throw error
  }
}

/** The streams, with their columns, and the models that a model rests on. Raises QUERY_INVALID. */
export async function readsOfModel({ reader, model, models }: Pick<BatchRequest, 'reader' | 'model' | 'models'>): Promise<Reads> {
  const { sql } = modelNamed(models, model)
  const engine = await openEngine()
  try {
    const streams = reader.streams().filter((stream) => stream.kind === 'table')
    const reads = await readsOf({
      connection: engine.connection,
      sql,
      models,
      streams: streams.map((stream) => stream.name),
      refuse: (problem, read) => {
        throw queryError(read?.sql ?? sql, problem)
      },
    })
    return { ...reads, streams: reads.streams.map((read) => withWatermark(read, models)) }
  } finally {
    await engine.close()
  }
}

/** A stream's watermark is the same for all models that read it. */
function withWatermark(read: StreamRequest, models: readonly ComputedModel[]): StreamRequest {
  const watermark = models.map(({ watermarks }) => watermarks?.[read.stream]).find((known) => known !== undefined)
  return watermark === undefined ? read : { ...read, watermark }
}

function modelNamed(models: readonly ModelSource[], name: string): ModelSource {
  const model = models.find((candidate) => candidate.name === name)
  if (model === undefined) throw new MillraceError('STREAM_UNKNOWN', { details: { name } })
  return model
}
