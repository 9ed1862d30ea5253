/**
 * One running project: the only place where stages are wired together.
 *
 *   source ─ capture ─► log ─ live runner ─► log ─ webhook ─► receiver
 *                        └──── proofs, reads, the console ────┘
 *
 * The store is opened first and closed last. Every stage runs under one signal; `stop` aborts it, waits
 * for each to end, and only then closes the store, so that nothing is cut off in the middle of a commit.
 */
import type { Clock, MillraceError, Random } from '@millrace/base'
import { openParking, type ParkingLot } from '@millrace/capture'
import type { LogReader, Stage } from '@millrace/core'
import { WebhookStage } from '@millrace/deliver'
import type { Door } from '@millrace/guard'
import { LiveRunner, type StateMemoryOptions, WorkerPool } from '@millrace/live'
import { Reading, ReadingDesk, type RunningServer, startServer } from '@millrace/serve'
import { openStore, type Store } from '@millrace/store'
import { Watch } from '@millrace/watch'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Project } from '../config/project.ts'
import { EngineApi } from './api.ts'
import { bindEarlier } from './bind-stored.ts'
import { bindProject, type CheckedProject } from './check-project.ts'
import { DEFAULT_HOST, DEFAULT_PORT, PROOF_PAUSE_MS, liveMemoryBytes } from './defaults.ts'
import { partitionsOf } from './discover-streams.ts'
import { doorOf } from './door-of.ts'
import { CopyProofs } from './copy-proofs.ts'
import { ParkedDesk } from './parked-desk.ts'
import { Proofs } from './proofs.ts'
import { runRetention } from './retention.ts'
import { removeRunFile, writeRunFile } from './run-file.ts'
import { kindOf } from './source/source-kinds.ts'
import { ScheduledRuns } from './scheduled-runs.ts'
import { supervise, type Supervised } from './supervise.ts'
import { Thread } from './thread.ts'
import { lateStages } from './late-stages.ts'
import { withWatermarks } from './watermarks.ts'

const CONSOLE_FOLDER = fileURLToPath(new URL('../../../../console/dist', import.meta.url))

export interface EngineOptions {
  readonly project: Project
  readonly clock: Clock
  readonly random: Random
  /** Overrides the configuration's. 0 takes a free port. */
  readonly port?: number
  readonly proofPauseMs?: number
  /** Told of each stage that ended with an error, and of proofs that could not be made. */
  readonly onFailure: (name: string, error: Error) => void
}

export class Engine {
  readonly store: Store
  readonly reader: LogReader
  readonly proofs: Proofs
  readonly api: EngineApi
  readonly thread: Thread
  readonly #stages: readonly Supervised[]
  readonly #workers: WorkerPool | null
  readonly #background: readonly Promise<void>[]
  readonly #server: RunningServer
  readonly #storePath: string
  readonly #stop: AbortController

  private constructor(parts: EngineParts) {
    this.store = parts.store
    this.reader = parts.reader
    this.proofs = parts.proofs
    this.api = parts.api
    this.thread = parts.thread
    this.#stages = parts.stages
    this.#workers = parts.workers
    this.#background = parts.background
    this.#server = parts.server
    this.#storePath = parts.storePath
    this.#stop = parts.stop
  }

  get url(): string {
    return this.#server.url
  }

  static async start(options: EngineOptions): Promise<Engine> {
    const { project, clock } = options
    const store = await openStore(project.storePath, { clock })
    try {
      const reader = store.reader()
      const checked = await bindProject(project, reader)
      if (checked.errors.length > 0) throw new AggregateError(checked.errors, 'The models do not bind.')
      // The streams exist before anyone reads them, so that no stage has to wait for another to begin.
      await store.commit({ streams: checked.streams })
      return new Engine(await launch(options, store, reader, checked))
    } catch (error) {
      await store.close()
      throw error
    }
  }

  async stop(): Promise<void> {
    this.#stop.abort(new DOMException('The engine stops.', 'AbortError'))
    await this.#server.close()
    await Promise.all([...this.#stages.map((stage) => stage.ended), ...this.#background])
    await this.#workers?.close()
    this.reader.close()
    await this.store.close()
    removeRunFile(this.#storePath)
  }
}

interface EngineParts {
  readonly store: Store
  readonly reader: LogReader
  readonly proofs: Proofs
  readonly api: EngineApi
  readonly thread: Thread
  readonly stages: readonly Supervised[]
  /** Of the live models. */
  readonly workers: WorkerPool | null
  readonly background: readonly Promise<void>[]
  readonly server: RunningServer
  readonly storePath: string
  readonly stop: AbortController
}

async function launch(options: EngineOptions, store: Store, reader: LogReader, checked: CheckedProject): Promise<EngineParts> {
  const { project, clock, onFailure } = options
  const { config, storePath } = project
  const stop = new AbortController()
  const { signal } = stop
  const door = doorOf(project)
  const deliveries = webhookStages(options, store, door)
  const lots = openLots(options, reader)
  const earlier = await bindEarlier(reader, checked.models, withWatermarks(project, checked.streams))
  const memory = { bytesLimit: liveMemoryBytes(config), folder: dirname(storePath) }
  const workers = await startWorkers(config.live?.workers ?? 1, checked.models.length === 0 ? null : memory)
  const live =
    checked.models.length === 0
      ? []
      : [
          new LiveRunner({
            models: checked.models,
            earlier,
            writer: store,
            reader: store.reader(),
            signal: store,
            clock,
            ...workers,
          }),
        ]
  const captures = captureStages(options, { store, door, lots })
  const stages: readonly Stage[] = [...captures, ...lateStages(project, store), ...live, ...deliveries.values()]
  const proofs = new Proofs({
    models: checked.models,
    storePath,
    clock,
    pauseMs: options.proofPauseMs ?? PROOF_PAUSE_MS,
    onFailure: (error) => onFailure('proof', error),
  })
  const copies = new CopyProofs({ project, reader, clock, onFailure: (error) => onFailure('proof', error) })
  const schedules = new ScheduledRuns({ project, clock, onTrouble: (error) => onFailure('schedule', error) })
  const watch = new Watch({ clock })
  const thread = new Thread({
    project,
    models: checked.models,
    streams: checked.streams,
    stages,
    reader,
    failures: () => failuresOf(supervised),
    parkedBy: (source) => lots.get(source)?.count ?? 0,
  })
  const parked = new ParkedDesk({
    reader,
    writer: store,
    lotOf: (source) => lots.get(source) ?? openParking({ source, reader, clock }),
  })
  const reading = new Reading({ reader: store.reader(), signal: store, storeId: store.id, models: checked.readable.models, clock })
  const api = new EngineApi({
    project,
    models: checked.models,
    store,
    reader,
    watch,
    thread,
    proofs,
    copies,
    schedules,
    parked,
    captures,
    deliveries,
    reading,
    clock,
  })
  const server = await startServer({
    host: config.server?.host ?? DEFAULT_HOST,
    port: options.port ?? config.server?.port ?? DEFAULT_PORT,
    api,
    consoleFolder: CONSOLE_FOLDER,
    reading: new ReadingDesk(reading, checked.readable.endpoints),
  })
  writeRunFile(storePath, { pid: process.pid, url: server.url, startedMs: clock.nowMs() })
  const supervised = stages.map((stage) => supervise(stage, signal, (failed, error) => onFailure(failed.name, error)))
  const background = [
    watch.run(() => thread.sample(), signal),
    proofs.run(signal),
    copies.run(signal),
    schedules.run(signal),
    reading.run(signal).catch((error: unknown) => onFailure('reading', asError(error))),
    runRetention({ project, store, clock, signal, onFailure: (error) => onFailure('retention', error) }),
  ]
  return { store, reader, proofs, api, thread, stages: supervised, workers: workers.workers ?? null, background, server, storePath, stop }
}

interface LiveWorkers {
  readonly workers?: WorkerPool
  readonly memory: StateMemoryOptions
}

/** The threads of the live models and the engine's own share what these may take of memory. */
async function startWorkers(wanted: number, memory: StateMemoryOptions | null): Promise<LiveWorkers> {
  if (memory === null || wanted < 2) return { memory: memory ?? {} }
  const share = { ...memory, bytesLimit: Math.floor((memory.bytesLimit ?? Infinity) / (wanted + 1)) }
  return { workers: await WorkerPool.start(wanted, { memory: share }), memory: share }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}

function failuresOf(stages: readonly Supervised[]): ReadonlyMap<string, MillraceError | Error> {
  return new Map(
    stages.flatMap(({ stage, failure }) => {
      const error = failure()
      return error === null ? [] : [[stage.name, error] as const]
    }),
  )
}

interface CaptureGround {
  readonly store: Store
  readonly door: Door
  readonly lots: ReadonlyMap<string, ParkingLot>
}

/** One for each source, shared with whoever replays what it has parked. */
function openLots({ project, clock }: EngineOptions, reader: LogReader): ReadonlyMap<string, ParkingLot> {
  const names = Object.keys(project.config.sources ?? {})
  return new Map(names.map((source) => [source, openParking({ source, reader, clock })]))
}

function captureStages({ project, clock, random }: EngineOptions, { store, door, lots }: CaptureGround): Stage[] {
  const known = store.reader()
  const streams = known.streams()
  known.close()
  return Object.entries(project.config.sources ?? {}).map(([name, config]) =>
    kindOf(config).stage({
      project: project.config.name,
      name,
      config,
      folder: project.folder,
      door,
      writer: store,
      reader: store.reader(),
      clock,
      random,
      parking: lots.get(name) as ParkingLot,
      scratchFolder: join(dirname(project.storePath), 'scratch', name),
      partitionsOf: (stream) => partitionsOf(project, streams, stream),
    }),
  )
}

function webhookStages({ project, clock, random }: EngineOptions, store: Store, door: Door): ReadonlyMap<string, WebhookStage> {
  return new Map(
    Object.entries(project.config.deliveries ?? {}).map(([name, config]) => [
      name,
      new WebhookStage({ name, config, storeId: store.id, writer: store, reader: store.reader(), signal: store, door, clock, random }),
    ]),
  )
}
