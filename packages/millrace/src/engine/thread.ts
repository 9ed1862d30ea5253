/** The thread from source to delivery as a graph, and what each of its nodes says of itself. */
import { MillraceError, describeError } from '@millrace/base'
import { changesWritten, lateStreamOf, type LogReader, type Stage, type StageObservation, type StreamDefinition } from '@millrace/core'
import type { BoundModel } from '@millrace/sql'
import type { Edge, Sample, StreamObservation } from '@millrace/watch'
import type { Project } from '../config/project.ts'
import { watermarksOf } from './watermarks.ts'

export interface ThreadOptions {
  readonly project: Project
  readonly models: readonly BoundModel[]
  readonly streams: readonly StreamDefinition[]
  readonly stages: readonly Stage[]
  readonly reader: LogReader
  /** Stages that ended with an error, by name. */
  readonly failures: () => ReadonlyMap<string, Error>
  /** How many changes a source has set aside. */
  readonly parkedBy: (source: string) => number
}

export class Thread {
  readonly edges: readonly Edge[]
  /** Every node's id, in the order in which data flows. */
  readonly order: readonly string[]
  readonly #options: ThreadOptions
  readonly #atStart: ReadonlyMap<string, number>
  readonly #seen = new Map<string, StreamObservation>()

  constructor(options: ThreadOptions) {
    this.#options = options
    this.edges = edgesOf(options)
    this.order = [...new Set([...this.edges.map((edge) => edge.from), ...this.edges.map((edge) => edge.to)])].sort(byStage)
    this.#atStart = new Map(options.streams.map(({ name }) => [name, changesWritten(options.reader, name)]))
  }

  /** What came late is told of as its stage tells it. */
  get #streams(): readonly string[] {
    const late = new Set(watermarksOf(this.#options.project.config).map(([stream]) => lateStreamOf(stream)))
    return this.#options.streams.map(({ name }) => name).filter((name) => !late.has(name))
  }

  sample(): Sample {
    return { observations: this.observations(), streams: this.#streams.map((name) => this.#stream(name)), edges: this.edges }
  }

  observations(): readonly StageObservation[] {
    const failures = this.#options.failures()
    return this.#options.stages.flatMap((stage) => {
      const failure = failures.get(stage.name)
      const observations = stage.observe().map((each) => this.#withParked(each))
      return failure === undefined
        ? observations
        : observations.map((each) => ({ ...each, phase: 'failed' as const, error: asKnown(failure) }))
    })
  }

  #withParked(observation: StageObservation): StageObservation {
    const parked = observation.kind === 'source' ? this.#options.parkedBy(observation.name) : 0
    return parked === 0 ? observation : { ...observation, evidence: { ...observation.evidence, parked } }
  }

  #stream(name: string): StreamObservation {
    const changes = changesWritten(this.#options.reader, name) - (this.#atStart.get(name) ?? 0)
    const before = this.#seen.get(name)
    const moved = changes > (before?.changes ?? 0)
    const observation = { name, changes, lastChangeMs: moved ? Date.now() : (before?.lastChangeMs ?? null) }
    this.#seen.set(name, observation)
    return observation
  }
}

const STAGES = ['source', 'stream', 'model', 'delivery']

function byStage(left: string, right: string): number {
  return STAGES.indexOf(left.slice(0, left.indexOf(':'))) - STAGES.indexOf(right.slice(0, right.indexOf(':')))
}

function asKnown(error: Error): MillraceError {
  return error instanceof MillraceError
    ? error
    : new MillraceError('STAGE_BROKEN', { cause: error, details: { what: describeError(error) } })
}

function edgesOf({ project, models, streams }: ThreadOptions): Edge[] {
  // What came late is computed from its stream, as a model is.
  const late = watermarksOf(project.config).map(([stream]) => ({ name: lateStreamOf(stream), inputs: [stream] }))
  const isModel = new Set([...models, ...late].map(({ name }) => name))
  const idOf = (name: string): string => `${isModel.has(name) ? 'model' : 'stream'}:${name}`
  return [
    ...streams
      .filter(({ name }) => !isModel.has(name))
      .map(({ name }) => ({ from: `source:${name.slice(0, name.indexOf('.'))}`, to: `stream:${name}` })),
    ...[...models, ...late].flatMap((model) => model.inputs.map((input) => ({ from: idOf(input), to: `model:${model.name}` }))),
    ...Object.entries(project.config.deliveries ?? {}).map(([name, { from }]) => ({ from: idOf(from), to: `delivery:${name}` })),
  ]
}
