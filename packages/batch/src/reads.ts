/**
 * What must be loaded so that a SELECT over streams and models can run. A model stands for its own SQL,
 * so it is followed down to the streams that it reads in the end: never to what a live model published.
 */
import type { DuckDBConnection } from '@duckdb/node-api'
import type { ModelSource } from '@millrace/sql'
import { type References, referencesOf, type SyntaxProblem } from './references.ts'
import type { StreamRequest } from './snapshot.ts'

export interface Reads {
  readonly streams: readonly StreamRequest[]
  /** The models that take part, those that are read before those that read them. */
  readonly models: readonly ModelSource[]
}

export interface ReadsRequest {
  readonly connection: DuckDBConnection
  readonly sql: string
  readonly models: readonly ModelSource[]
  /** Names of the streams that exist. */
  readonly streams: readonly string[]
  /** What to do with SQL that cannot be read; it must throw. */
  readonly refuse: (problem: SyntaxProblem, model: ModelSource | null) => never
}

export async function readsOf(request: ReadsRequest): Promise<Reads> {
  const streams = new Map(request.streams.map((name) => [name.toLowerCase(), name]))
  const models = new Map(request.models.map((model) => [model.name.toLowerCase(), model]))
  const wanted = new Map<string, Set<string> | null>()
  const followed: ModelSource[] = []
  const entered = new Set<ModelSource>()

  const follow = async (sql: string, model: ModelSource | null): Promise<void> => {
    if (model !== null) entered.add(model)
    const references = await referencesOf(request.connection, sql)
    if ('problem' in references) return request.refuse(references, model)
    for (const relation of references.relations) {
      const read = models.get(relation)
      const stream = streams.get(relation)
      if (read !== undefined && !entered.has(read)) await follow(read.sql, read)
      else if (read === undefined && stream !== undefined) want(stream, references)
    }
    if (model !== null) followed.push(model)
  }
  const want = (stream: string, { names }: References): void => {
    const before = wanted.get(stream)
    if (names === null || before === null) wanted.set(stream, null)
    else wanted.set(stream, new Set([...(before ?? []), ...names]))
  }

  await follow(request.sql, null)
  return {
    streams: [...wanted].map(([stream, names]) => (names === null ? { stream } : { stream, columns: [...names] })),
    models: followed,
  }
}
