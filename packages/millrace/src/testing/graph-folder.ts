/** A project whose graph is checked, planned and run in this process, as the commands do it. */
import { type GraphRunOutcome, openEnvironment, planGraph, runGraph, type StepTold } from '@millrace/batch/graph'
import { type MillraceError, systemClock } from '@millrace/base'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readProject } from '../config/project.ts'
import { graphFolder } from '../engine/check-batch.ts'
import { type OpenGraph, openCatalog, openGraph } from '../engine/open-graph.ts'
import { makeProject } from './run-cli.ts'

export interface RunWish {
  /** Done between the check and the run. */
  readonly checked?: () => Promise<unknown>
  readonly signal?: AbortSignal
  readonly workers?: number
  readonly onStep?: (name: string) => void
  /** Told of each model that is kept by intervals. */
  readonly onIntervals?: (intervals: { readonly computed: number; readonly all: number }) => void
}

export class GraphFolder {
  readonly folder: string
  readonly #project: ReturnType<typeof makeProject>

  constructor(files: Readonly<Record<string, string>>) {
    this.#project = makeProject(files)
    this.folder = this.#project.folder
  }

  write(files: Readonly<Record<string, string | null>>): void {
    for (const [name, text] of Object.entries(files)) {
      const path = join(this.folder, name)
      mkdirSync(dirname(path), { recursive: true })
      if (text === null) rmSync(path)
      else writeFileSync(path, text)
    }
  }

  async errors(): Promise<readonly MillraceError[]> {
    return this.#opened('prod', (opened) => Promise.resolve(opened.errors))
  }

  async wouldCompute(environment = 'prod'): Promise<string[]> {
    return this.#opened(environment, async ({ place }) => {
      const { steps } = await planGraph({ ...place, clock: systemClock })
      return [...steps.values()].flatMap(({ name, action }) => (action === 'run' ? [name] : []))
    })
  }

  async run(environment = 'prod', wish: RunWish = {}): Promise<GraphRunOutcome> {
    return this.#opened(environment, async ({ place, errors }) => {
      const [error] = errors
      if (error !== undefined) throw error
      await wish.checked?.()
      const { signal = new AbortController().signal, workers = 2, onStep = () => undefined, onIntervals = () => undefined } = wish
      const told = ({ name, intervals }: StepTold): void => {
        onStep(name)
        if (intervals !== undefined) onIntervals(intervals)
      }
      return runGraph({ ...place, clock: systemClock, signal, workers, onStep: told })
    })
  }

  async rows(sql: string, environment = 'prod'): Promise<unknown[][]> {
    const project = await readProject(this.folder)
    const catalog = openCatalog(project)
    const opened = await openEnvironment({ catalog, folder: graphFolder(project), environment, sql }).finally(() => catalog.close())
    try {
      return (await opened.connection.runAndReadAll(sql)).getRowsJson()
    } finally {
      opened.close()
    }
  }

  remove(): void {
    this.#project.remove()
  }

  async #opened<Result>(environment: string, work: (opened: OpenGraph) => Promise<Result>): Promise<Result> {
    const project = await readProject(this.folder)
    const opened = await openGraph(project, { environment, words: [], exclude: [] })
    try {
      return await work(opened)
    } finally {
      opened.close()
    }
  }
}
