/** The keys of single relations as an environment shows them: models, and the streams and seeds that its last run read. */
import { MillraceError, nearest } from '@millrace/base'
import { CountTables } from '../../skew/count-tables.ts'
import { type RelationShape, skewOf, type SkewReport, type SkewRequest } from '../../skew/report.ts'
import type { Version } from '../catalog/version.ts'
import { foldedName } from '../model/model.ts'
import { openEnvironment } from '../run/open-environment.ts'
import { graphUses, readersOf } from './graph-uses.ts'
import { PublishedRelations } from './published-relations.ts'
import { type GraphSkewRequest, isReadable, MEMORY_MB } from './skew-of-graph.ts'

export interface PublishedSkewRequest
  extends
    Pick<GraphSkewRequest, 'graph' | 'catalog' | 'folder' | 'environment' | 'identityOf' | 'memoryMb' | 'signal'>,
    Pick<SkewRequest, 'engine' | 'shards' | 'top' | 'keys'> {
  /** Their names, in any case. */
  readonly names: readonly string[]
}

export interface PublishedSkew {
  readonly relation: RelationShape
  readonly report: SkewReport
}

/** One after another. Raises SELECTION_INVALID, MODEL_UNPUBLISHED, ENVIRONMENT_UNKNOWN and ENGINE_ROWS_ELSEWHERE. */
export async function* skewOfPublished(request: PublishedSkewRequest): AsyncGenerator<PublishedSkew> {
  const { graph, catalog, environment, names, signal } = request
  const published = catalog.published(environment)
  const asked = names.map((name) => foldedName(name))
  if (catalog.current(environment) !== null) for (const name of asked) refuseUnknown(request, name, published)
  const readers = readersOf(graph, new Set(asked))
  const uses = (await graphUses(graph, (name) => readers.has(name))).filter(({ relation }) => asked.includes(relation))
  const others = uses.flatMap(({ with: other }) =>
    other !== null && isReadable(catalog, published.get(other.relation)) ? [other.relation] : [],
  )
  const memoryMb = request.memoryMb ?? MEMORY_MB
  const opened = await openEnvironment({ ...request, memoryMb, sql: [...new Set([...asked, ...others])].join(', ') })
  const interrupt = (): void => opened.engine.interrupt()
  signal.addEventListener('abort', interrupt)
  try {
    const { connection } = opened
    const relations = new PublishedRelations({ connection, graph, identityOf: request.identityOf })
    const tables = new CountTables(connection)
    const shapes = new Map<string, RelationShape>()
    for (const name of new Set([...asked, ...others])) shapes.set(name, await relations.shapeOf(name))
    for (const name of asked) {
      signal.throwIfAborted()
      const relation = shapes.get(name) as RelationShape
      const schemaOf = (other: string): RelationShape['schema'] | undefined => shapes.get(other)?.schema
      yield { relation, report: await skewOf({ ...request, connection, tables, relation, uses, schemaOf }) }
    }
  } finally {
    signal.removeEventListener('abort', interrupt)
    opened.close()
  }
}

function refuseUnknown({ graph, environment }: PublishedSkewRequest, name: string, published: ReadonlyMap<string, Version>): void {
  if (published.has(name)) return
  const known = [...graph.models.keys(), ...graph.relations.keys()]
  if (known.includes(name)) throw new MillraceError('MODEL_UNPUBLISHED', { details: { model: name, environment } })
  const meant = nearest(name, known)
  const problem = `there is no model, stream or seed of this name${meant === undefined ? '' : `; did you mean '${meant}'?`}`
  throw new MillraceError('SELECTION_INVALID', { details: { selection: name, problem } })
}
