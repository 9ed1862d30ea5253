/**
 * Which layout of a model its readers would gain from. What they ask for is read from their plans; whether a
 * layout helps is not inferred but measured, by laying the rows so and running the readers.
 */
import { assert, type Clock } from '@millrace/base'
import type { DuckDBConnection } from '@duckdb/node-api'
import { quoteIdentifier, relationName } from '@millrace/sql/text'
import type { GraphCatalog } from '../catalog/catalog.ts'
import type { Version } from '../catalog/version.ts'
import type { CheckedGraph } from '../check/checked-graph.ts'
import { type Layout, layoutOf, layoutText } from '../model/layout.ts'
import { foldedName } from '../model/model.ts'
import { type OpenEnvironment, openEnvironment } from '../run/open-environment.ts'
import { problemOfRun } from '../../query-error.ts'
import { candidatesOf, type Wanted } from './candidates.ts'
import { readingsOf } from './readings.ts'
import { openScratch, removeScratch } from './scratch.ts'
import type { Reading, Touch } from './touches.ts'
import { layRows, type LayoutTrial, type TrialPlace, tryLayout } from './try-layout.ts'

export interface AdviseRequest {
  readonly graph: CheckedGraph
  readonly catalog: GraphCatalog
  /** The graph's. */
  readonly folder: string
  readonly environment: string
  /** Folded names of the models whose layout is asked about. */
  readonly selected: ReadonlySet<string>
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly memoryMb?: number
  /** After so many nothing more is tried. */
  readonly secondsLimit?: number
  /** Of a model of more rows, a share is tried. */
  readonly sampleRows?: number
  readonly onModel?: (model: string) => void
}

export type LayoutVerdict = 'better' | 'as it should be' | 'unread' | 'small' | 'not tried' | 'failed'

export interface LayoutAdvice {
  readonly model: string
  readonly rows: number
  readonly layout: Layout
  readonly verdict: LayoutVerdict
  /** What to write into the model's header; null where nothing is advised. */
  readonly best: LayoutTrial | null
  readonly tried: readonly LayoutTrial[]
  /** What readers ask for. */
  readonly touches: readonly (Touch & { readonly reader: string })[]
  /** The percentage of the rows that was tried. */
  readonly sampledPercent: number
  /** Why the trials failed; null where they did not. */
  readonly problem: string | null
  /** Readers that would have taken too long to run as well. */
  readonly readersLeftOut: number
}

/** Of fewer rows no part can be skipped. */
const ROWS_LEAST = 100_000
const SAMPLE_ROWS = 20_000_000
const SECONDS_LIMIT = 300
const READERS_LIMIT = 12
/** Of a step that was never timed. */
const SECONDS_UNKNOWN = 0.01
const NO_LAYOUT: Layout = { partitionBy: [], clusterBy: [] }

/** A layout must save a tenth of the time and a fifth of the bytes: what is less may be chance. */
const SECONDS_SHARE = 0.9
const BYTES_SHARE = 0.8
/** Layouts whose times differ by less are equally good; the fewer bytes decide. */
const ALIKE = 1.15

/** Models whose readers took most, first. Raises ENVIRONMENT_UNKNOWN. */
export async function adviseLayouts(request: AdviseRequest): Promise<LayoutAdvice[]> {
  const { graph, catalog, folder, environment, selected, signal, clock, onModel, secondsLimit = SECONDS_LIMIT } = request
  const published = catalog.published(environment)
  const readings = (await readingsOf(graph)).filter(({ reader }) => published.has(reader))
  const secondsOf = (name: string): number => Math.max(published.get(name)?.seconds ?? 0, SECONDS_UNKNOWN)
  const opened = await openEnvironment({ catalog, folder, environment, memoryMb: request.memoryMb ?? 1024, cache: 'none' })
  const scratch = openScratch(folder)
  const begunMs = clock.monotonicMs()
  try {
    const asked = askedModels({ graph, published, selected, readings, secondsOf })
    const advice: LayoutAdvice[] = []
    for (const each of asked) {
      signal.throwIfAborted()
      onModel?.(each.version.model)
      const isTime = (clock.monotonicMs() - begunMs) / 1000 < secondsLimit
      advice.push(await new ModelAdvice(request, { ...each, opened, scratch, secondsOf }).make(isTime))
    }
    return advice
  } finally {
    opened.close()
    removeScratch(folder, scratch)
  }
}

interface Asked {
  readonly version: Version
  /** Those that read it, the longest first. */
  readonly readings: readonly Reading[]
}

interface AskedRequest extends Pick<AdviseRequest, 'graph' | 'selected'> {
  readonly published: ReadonlyMap<string, Version>
  readonly readings: readonly Reading[]
  readonly secondsOf: (name: string) => number
}

function askedModels({ graph, published, selected, readings, secondsOf }: AskedRequest): Asked[] {
  const weightOf = (of: readonly Reading[]): number => of.reduce((total, { reader }) => total + secondsOf(reader), 0)
  return [...selected]
    .flatMap((name) => {
      const version = published.get(name)
      if (version?.content.kind !== 'files' || !graph.models.has(name)) return []
      const own = readings.filter(({ reader, relations }) => reader !== name && relations.has(name))
      return [{ version, readings: own.toSorted((one, other) => secondsOf(other.reader) - secondsOf(one.reader)) }]
    })
    .toSorted((one, other) => weightOf(other.readings) - weightOf(one.readings) || other.version.rows - one.version.rows)
}

interface ModelParts extends Asked {
  readonly opened: OpenEnvironment
  readonly scratch: string
  readonly secondsOf: (name: string) => number
}

class ModelAdvice {
  readonly #request: AdviseRequest
  readonly #parts: ModelParts
  readonly #layout: Layout
  readonly #connection: DuckDBConnection
  readonly #touches: readonly (Touch & { readonly reader: string })[]

  constructor(request: AdviseRequest, parts: ModelParts) {
    this.#request = request
    this.#parts = parts
    const model = request.graph.models.get(parts.version.model)
    assert(model !== undefined, 'a model that is asked about is one of the graph')
    this.#layout = layoutOf(model.model.settings)
    this.#connection = parts.opened.connection
    this.#touches = parts.readings.flatMap(({ reader, touches }) =>
      touches.filter(({ relation }) => relation === parts.version.model).map((touch) => ({ ...touch, reader })),
    )
  }

  async make(isTime: boolean): Promise<LayoutAdvice> {
    const { version, readings } = this.#parts
    if (readings.length === 0 || (this.#touches.length === 0 && layoutText(this.#layout) === '')) return this.#without('unread')
    if (version.rows < ROWS_LEAST) return this.#without('small')
    if (!isTime) return this.#without('not tried')
    const candidates = candidatesOf(await this.#wanted(), { rows: version.rows, now: this.#layout })
    const percent = this.#percent()
    const tried: LayoutTrial[] = []
    try {
      const place = await this.#place(percent)
      for (const [at, layout] of candidates.entries()) tried.push(await tryLayout(place, layout, at))
    } catch (error) {
      // A reader may need more memory than there is; the other models are tried all the same.
      this.#request.signal.throwIfAborted()
      return { ...this.#without('failed'), problem: problemOfRun(error) }
    } finally {
      // The readers of other models read what is published again.
      await this.#parts.opened.engine.show(version.model, version.content, version.columns)
    }
    const best = bestOf(tried)
    return {
      ...this.#without(best === null ? 'as it should be' : 'better'),
      best,
      tried,
      sampledPercent: percent,
      readersLeftOut: Math.max(0, readings.length - READERS_LIMIT),
    }
  }

  #without(verdict: LayoutVerdict): LayoutAdvice {
    const { version } = this.#parts
    return {
      model: version.model,
      rows: version.rows,
      layout: this.#layout,
      verdict,
      best: null,
      tried: [],
      touches: this.#touches,
      sampledPercent: 100,
      problem: null,
      readersLeftOut: 0,
    }
  }

  async #wanted(): Promise<Wanted[]> {
    const { version, secondsOf } = this.#parts
    const columns = version.columns.filter(({ name }) => this.#touches.some(({ column }) => foldedName(column) === foldedName(name)))
    if (columns.length === 0) return []
    const counts = columns.map(({ name }) => `approx_count_distinct(${quoteIdentifier(name)})`).join(', ')
    const [row = []] = (await this.#connection.runAndReadAll(`SELECT ${counts} FROM ${relationName(version.model)}`)).getRows()
    return columns.map((column, at) => {
      const own = this.#touches.filter((touch) => foldedName(touch.column) === foldedName(column.name))
      const weight = [...new Set(own.map(({ reader }) => reader))].reduce((total, reader) => total + secondsOf(reader), 0)
      return { column, by: new Set(own.map(({ how }) => how)), weight, distinct: Number(row[at]) }
    })
  }

  #percent(): number {
    const { sampleRows = SAMPLE_ROWS } = this.#request
    const { rows } = this.#parts.version
    return rows <= sampleRows ? 100 : Math.max(1, Math.floor((sampleRows / rows) * 100))
  }

  async #place(percent: number): Promise<TrialPlace> {
    const { graph, folder, signal, clock } = this.#request
    const { version, opened, scratch, readings } = this.#parts
    const readers = readings.slice(0, READERS_LIMIT).map(({ reader: name }) => {
      const sql = graph.models.get(name)?.model.sql
      assert(sql !== undefined, 'a reader is a model of the graph')
      return { name, sql }
    })
    const place = {
      engine: opened.engine,
      connection: this.#connection,
      folder,
      scratch,
      model: version.model,
      columns: version.columns,
      now: version.content,
      readers,
      clock,
      signal,
    }
    if (percent === 100) return place
    const sample = await layRows(place, this.#layout, 'now', ` USING SAMPLE ${percent} PERCENT (system, 1)`)
    return { ...place, now: { kind: 'files', files: sample.files } }
  }
}

/** The layout that saves most; null where none saves enough. */
export function bestOf(tried: readonly LayoutTrial[]): LayoutTrial | null {
  const better = tried.filter(helps)
  const least = Math.min(...better.map(({ after }) => after.seconds))
  const alike = better.filter(({ after }) => after.seconds <= least * ALIKE)
  return alike.toSorted((one, other) => (one.after.bytesRead ?? 0) - (other.after.bytesRead ?? 0))[0] ?? null
}

function helps({ layout, before, after }: LayoutTrial): boolean {
  if (after.seconds > before.seconds * SECONDS_SHARE) return false
  // To be rid of a layout need not read less: it can lie plainly, and be read in larger groups.
  if (before.bytesRead === null || after.bytesRead === null || layoutText(layout) === layoutText(NO_LAYOUT)) return true
  return after.bytesRead <= before.bytesRead * BYTES_SHARE
}
