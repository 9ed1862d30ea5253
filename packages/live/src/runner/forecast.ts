/** What an edit of the models will cost, told before it is made: from what the log holds, without running anything. */
import type { LogReader } from '@millrace/core'
import type { BoundModel } from '@millrace/sql'
import { readProgress } from './live-progress.ts'
import { withInputs } from './model-graph.ts'
import { readPublished } from './published-models.ts'

export interface ModelForecast {
  readonly name: string
  /** `same`: it keeps its state. `edited`, `new`: it is filled, an edited one beside its version before. `gone`: its stream stays as it is. */
  readonly change: 'same' | 'edited' | 'new' | 'gone'
  readonly why: string | null
  /** Rows of streams that its filling reads, through the models that it is built on. */
  readonly rows: number
}

export interface Forecast {
  readonly models: readonly ModelForecast[]
  /** Each stream is read once, for all models that are filled. */
  readonly rows: number
  /** By the speed of the last filling that took a while; null where there was none. */
  readonly seconds: number | null
}

/** `models`: the project's, bound, in dependency order. Without a log (null) all are new. */
export function forecast(models: readonly BoundModel[], reader: LogReader | null): Forecast {
  const published = reader === null ? { models: [], speed: null } : readPublished(reader)
  const before = new Map(published.models.map((model) => [model.name, model]))
  const rowsOf = rowCounts(reader)
  const changed = new Map<string, ModelForecast>()
  const told: ModelForecast[] = []
  for (const model of models) {
    const last = before.get(model.name)
    const rows = [...streamsOf(models, [model])].reduce((sum, stream) => sum + rowsOf(stream), 0)
    if (last?.fingerprint === model.fingerprint) {
      told.push({ name: model.name, change: 'same', why: null, rows: 0 })
      continue
    }
    const change = last === undefined ? 'new' : 'edited'
    const one = { name: model.name, change, why: last === undefined ? null : whyOf(model, last.sql, changed), rows } as const
    changed.set(model.name, one)
    told.push(one)
  }
  const names = new Set(models.map(({ name }) => name))
  const gone = published.models.filter(({ name }) => !names.has(name))
  const filled = models.filter(({ name }) => changed.has(name))
  const rows = [...streamsOf(models, filled)].reduce((sum, stream) => sum + rowsOf(stream), 0)
  const { speed } = published
  return {
    models: [...told, ...gone.map(({ name }): ModelForecast => ({ name, change: 'gone', why: 'no file has its name', rows: 0 }))],
    rows,
    seconds: speed === null ? null : (rows * speed.ms) / Math.max(1, speed.rows) / 1000,
  }
}

function whyOf(model: BoundModel, sql: string, changed: ReadonlyMap<string, ModelForecast>): string {
  const inputs = model.inputs.filter((input) => changed.has(input))
  const reasons = [...(model.sql === sql ? [] : ['its SQL was edited']), ...(inputs.length === 0 ? [] : [`it reads ${inputs.join(', ')}`])]
  if (reasons.length > 0) return reasons.join('; ')
  return 'a stream that it reads has other columns, or Millrace reads its SQL in another way'
}

/** The streams that models read, also through other models. */
function streamsOf(all: readonly BoundModel[], models: readonly BoundModel[]): ReadonlySet<string> {
  const whole = withInputs(all, new Set(models.map(({ name }) => name)))
  const names = new Set(whole.map(({ name }) => name))
  return new Set(whole.flatMap(({ inputs }) => inputs.filter((input) => !names.has(input))))
}

/** Of a stream that no model reads yet, all of its changes are read. */
function rowCounts(reader: LogReader | null): (stream: string) => number {
  if (reader === null) return () => 0
  const { folds } = readProgress(reader)
  const known = new Set(reader.streams().map(({ name }) => name))
  return (stream) => {
    const fold = folds[stream]
    if (fold !== undefined) return fold.rows
    return known.has(stream) ? reader.extents(stream).reduce((sum, { first, next }) => sum + next - first, 0) : 0
  }
}
