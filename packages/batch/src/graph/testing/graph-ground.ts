/** A graph in a folder of its own, run as often as a test likes. */
import { systemClock } from '@millrace/base'
import type { Schema } from '@millrace/core'
import { sqlNameOf } from '@millrace/core'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { GraphCatalog } from '../catalog/catalog.ts'
import type { CacheEntry } from '../check/check-cache.ts'
import { checkGraph } from '../check/check-graph.ts'
import type { GraphModel } from '../model/model.ts'
import { seedRelations } from '../model/seed-relations.ts'
import { openEnvironment } from '../run/open-environment.ts'
import type { RunPlan } from '../run/plan-run.ts'
import { type GraphPlace, type GraphRunOutcome, type GraphRunRequest, planGraph, runGraph } from '../run/run-graph.ts'
import { modelOf } from './model-of.ts'

export interface RunWish extends Partial<
  Pick<
    GraphRunRequest,
    | 'signal'
    | 'clock'
    | 'deadlineMs'
    | 'onForecast'
    | 'onBegin'
    | 'onStep'
    | 'window'
    | 'workers'
    | 'memoryMb'
    | 'keepPublications'
    | 'reader'
    | 'spillMb'
  >
> {
  readonly env?: string
  readonly select?: readonly string[]
}

export class GraphGround {
  readonly project: string = mkdtempSync(join(tmpdir(), 'millrace-graph-'))
  readonly folder: string = join(this.project, '.millrace/graph')
  readonly catalog: GraphCatalog = new GraphCatalog(join(this.folder, 'catalog.db'))
  readonly #models = new Map<string, GraphModel>()
  readonly #seeds = new Map<string, string>()
  readonly #cache = new Map<string, CacheEntry>()
  #streams: readonly { readonly name: string; readonly schema: Schema }[] = []

  model(name: string, sql: string): this {
    this.#models.set(name, modelOf(name, sql))
    return this
  }

  without(name: string): this {
    this.#models.delete(name)
    return this
  }

  seed(name: string, csv: string): this {
    const file = `seeds/${name}.csv`
    mkdirSync(dirname(join(this.project, file)), { recursive: true })
    writeFileSync(join(this.project, file), csv)
    this.#seeds.set(name, file)
    return this
  }

  streams(...streams: readonly { readonly name: string; readonly schema: Schema }[]): this {
    this.#streams = streams
    return this
  }

  async place({ env = 'prod', select, reader = null, window = null }: RunWish = {}): Promise<GraphPlace> {
    const files = [...this.#seeds].map(([name, file]) => ({ name, file }))
    const { seeds } = await seedRelations({ folder: this.project, seeds: files, cachePath: join(this.folder, 'seeds.json') })
    const columnsOf = (schema: Schema): { name: string; type: string }[] =>
      schema.columns.map(({ name, type }) => ({ name, type: sqlNameOf(type) }))
    const streams = this.#streams.map(({ name, schema }) => ({ name, columns: columnsOf(schema) }))
    const graph = await checkGraph({ models: [...this.#models.values()], relations: [...seeds, ...streams], cache: this.#cache })
    const [error] = graph.errors
    if (error !== undefined) throw error
    const selected = new Set(select ?? graph.models.keys())
    return {
      graph,
      seeds,
      project: this.project,
      folder: this.folder,
      catalog: this.catalog,
      reader,
      environment: env,
      selected,
      window,
    }
  }

  async plan(wish: RunWish = {}): Promise<RunPlan> {
    return planGraph({ ...(await this.place(wish)), clock: wish.clock ?? systemClock })
  }

  async run(wish: RunWish = {}): Promise<GraphRunOutcome> {
    const { signal = new AbortController().signal, env: _env, select: _select, reader: _reader, ...options } = wish
    return runGraph({ ...(await this.place(wish)), clock: systemClock, signal, ...options })
  }

  /** The names of what a run would make, in order, with the reason. */
  async wouldMake(wish: RunWish = {}): Promise<string[]> {
    const { steps } = await this.plan(wish)
    return [...steps.values()].filter(({ version }) => version === null).map(({ name }) => name)
  }

  async rows(sql: string, env = 'prod'): Promise<unknown[][]> {
    const environment = await openEnvironment({ catalog: this.catalog, folder: this.folder, environment: env, sql })
    try {
      return (await environment.connection.runAndReadAll(sql)).getRows()
    } finally {
      environment.close()
    }
  }

  remove(): void {
    this.catalog.close()
    rmSync(this.project, { recursive: true, force: true })
  }
}
