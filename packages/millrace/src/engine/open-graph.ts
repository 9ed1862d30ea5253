/** The graph of a project with its catalogue, as the commands that plan, run and read it need it. */
import { GraphCatalog, type GraphPlace, type IntervalWindow, type ModelState, selectModels } from '@millrace/batch/graph'
import type { MillraceError } from '@millrace/base'
import type { LogReader } from '@millrace/core'
import { openReader } from '@millrace/store'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Project } from '../config/project.ts'
import { graphFolder } from './check-batch.ts'
import { type CheckedWhole, checkWhole } from './check-project.ts'
import { graphEngines } from './graph-engines.ts'

export interface OpenGraph {
  readonly checked: CheckedWhole
  readonly errors: readonly MillraceError[]
  readonly place: GraphPlace
  close(): void
}

export interface GraphWish {
  readonly environment: string
  /** What is selected; nothing is everything. */
  readonly words: readonly string[]
  readonly exclude: readonly string[]
  readonly window?: IntervalWindow | null
}

export function openCatalog(project: Project): GraphCatalog {
  return new GraphCatalog(join(graphFolder(project), 'catalog.db'))
}

/** Raises SELECTION_INVALID. The caller closes it. */
export async function openGraph(project: Project, { environment, words, exclude, window = null }: GraphWish): Promise<OpenGraph> {
  const checked = await checkWhole(project)
  const { graph, seeds } = checked.batch
  const catalog = openCatalog(project)
  const reader: LogReader | null = existsSync(project.storePath) ? openReader(project.storePath) : null
  const close = (): void => {
    reader?.close()
    catalog.close()
  }
  try {
    const meanings = catalog.publishedMeanings(environment)
    const stateOf = (name: string): ModelState => {
      const shown = meanings.get(name)
      if (shown === undefined) return 'new'
      return shown === graph.models.get(name)?.meaning ? 'same' : 'modified'
    }
    const selected = selectModels({ models: graph.models, words, exclude, stateOf })
    const folder = graphFolder(project)
    const engines = await graphEngines(project)
    const place = { graph, seeds, project: project.folder, folder, catalog, reader, environment, selected, window, engines }
    return { checked, errors: checked.errors, place, close }
  } catch (error) {
    close()
    throw error
  }
}
