/** The project's graph of batch models, checked against the streams, live models and seeds that it reads. */
import {
  type CheckedGraph,
  checkGraph,
  type GraphRelation,
  readCheckCache,
  type Seed,
  seedRelations,
  writeCheckCache,
} from '@millrace/batch/graph'
import type { MillraceError } from '@millrace/base'
import { type Schema, sqlNameOf } from '@millrace/core'
import { dirname, join } from 'node:path'
import type { Project } from '../config/project.ts'
import { checkServers, graphEngines, joinGraphs } from './graph-engines.ts'

export interface CheckedBatch {
  readonly graph: CheckedGraph
  readonly seeds: readonly Seed[]
  readonly errors: readonly MillraceError[]
}

/** Where the graph keeps its cache, its catalogue and its versions. */
export function graphFolder({ storePath }: Project): string {
  return join(dirname(storePath), 'graph')
}

export async function checkBatch(
  project: Project,
  relations: readonly { readonly name: string; readonly schema: Schema }[],
): Promise<CheckedBatch> {
  const folder = graphFolder(project)
  const { seeds, errors } = await seedRelations({ folder: project.folder, seeds: project.seeds, cachePath: join(folder, 'seeds.json') })
  const path = join(folder, 'check.json')
  const cache = readCheckCache(path)
  const before = new Map(cache)
  const servers = await checkServers(await graphEngines(project), project.batch)
  const readable = [...relations.map(relationOf), ...seeds, ...servers.relations]
  const checked = await checkGraph({ models: servers.others, relations: readable, unsound: servers.unsound, cache })
  const graph = joinGraphs(checked, servers)
  const changed = before.size !== cache.size || [...cache].some(([name, entry]) => before.get(name) !== entry)
  if (changed) writeCheckCache(path, cache)
  return { graph, seeds, errors: [...errors, ...graph.errors] }
}

function relationOf({ name, schema }: { readonly name: string; readonly schema: Schema }): GraphRelation {
  return { name, columns: schema.columns.map((column) => ({ name: column.name, type: sqlNameOf(column.type) })) }
}
