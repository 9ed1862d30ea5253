/** A real store in a folder of its own, with changes pushed into it by hand. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BatchBuilder, type LogReader, type OperationName, type StreamDefinition, type Value } from '@millrace/core'
import type { BoundModel } from '@millrace/sql'
import { openStore, type Store } from '@millrace/store'
import { Killed, MortalWriter } from './mortal-writer.ts'
import type { StateMemoryOptions } from '../spill/state-memory.ts'
import { LiveRunner } from '../runner/live-runner.ts'
import type { RunnerWorkers } from '../spread/shard-host.ts'

export interface RowChange {
  readonly stream: string
  readonly operation: OperationName
  /** `undefined` is a cell that the source did not tell. */
  readonly row: readonly (Value | undefined)[]
  readonly before?: readonly (Value | undefined)[]
}

export class ShopLog {
  store: Store
  reader: LogReader
  readonly #folder: string
  readonly #streams: Map<string, StreamDefinition>
  /** Where models are computed that are started from now on; in this thread without them. */
  workers: RunnerWorkers | null = null
  /** With more changes than these a step is taken in slices, by models that are started from now on. */
  stepChangesLimit: number | null = null
  #transaction = 0

  private constructor(folder: string, store: Store, streams: readonly StreamDefinition[]) {
    this.#folder = folder
    this.store = store
    this.reader = store.reader()
    this.#streams = new Map(streams.map((stream) => [stream.name, stream]))
  }

  static async open(streams: readonly StreamDefinition[]): Promise<ShopLog> {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-live-'))
    const store = await openStore(join(folder, 'store.db'))
    await store.commit({ streams })
    return new ShopLog(folder, store, streams)
  }

  /** One transaction of the source, in one commit. Resolves to its cut. */
  async push(changes: readonly RowChange[]): Promise<number> {
    this.#transaction += 1
    const byStream = Map.groupBy(changes, (change) => change.stream)
    const appends = [...byStream].map(([stream, part]) => {
      const definition = this.#streams.get(stream) as StreamDefinition
      const builder = new BatchBuilder(definition.schema)
      for (const [index, { operation, row, before }] of part.entries()) {
        builder.push(operation, { transaction: this.#transaction, index, time: this.#transaction * 1000 }, row, before)
      }
      return { stream, partition: 0, batch: builder.finish() }
    })
    return (await this.store.commit({ appends })).cut
  }

  /** Gives a stream another schema, as a source whose table was altered. */
  async redefine(stream: StreamDefinition): Promise<void> {
    this.#streams.set(stream.name, stream)
    await this.store.commit({ streams: [stream] })
  }

  start(models: readonly BoundModel[], earlier: readonly BoundModel[] = [], memory: StateMemoryOptions = {}): RunningModels {
    const { stepChangesLimit } = this
    return new RunningModels(this, { models, earlier, memory, ...(stepChangesLimit === null ? {} : { stepChangesLimit }) })
  }

  /** What a process does that starts after another's death: nothing is at hand but the file. */
  async reopen(): Promise<void> {
    await this.handOver()
    await this.takeBack()
  }

  /** Closes the store, so that another process may have it: its file. */
  async handOver(): Promise<string> {
    this.reader.close()
    await this.store.close()
    return join(this.#folder, 'store.db')
  }

  async takeBack(): Promise<void> {
    this.store = await openStore(join(this.#folder, 'store.db'))
    this.reader = this.store.reader()
  }

  async close(): Promise<void> {
    this.reader.close()
    await this.store.close()
    rmSync(this.#folder, { recursive: true })
  }
}

interface RunPlan {
  readonly models: readonly BoundModel[]
  readonly earlier: readonly BoundModel[]
  readonly memory: StateMemoryOptions
  readonly stepChangesLimit?: number
}

export class RunningModels {
  readonly runner: LiveRunner
  readonly #writer: MortalWriter
  readonly #stop = new AbortController()
  readonly #done: Promise<void>
  #failure: unknown = null

  constructor(log: ShopLog, plan: RunPlan) {
    this.#writer = new MortalWriter(log.store)
    const { store, workers } = log
    const options = { ...plan, writer: this.#writer, reader: store.reader(), signal: store }
    this.runner = new LiveRunner(workers === null ? options : { ...options, workers })
    this.#done = this.runner.run(this.#stop.signal).catch((error: unknown) => {
      this.#failure = error
    })
  }

  /** The runner will not survive its next commit. */
  doom(when: 'before' | 'after'): void {
    this.#writer.doom(when)
  }

  /** Whether it was alive to the end of what was asked of it. */
  get isAlive(): boolean {
    return !this.#writer.isDead
  }

  /** Why a model has no answer at present, or null. */
  hasFailed(model: string): string | null {
    const { phase, error } = this.runner.observe().find(({ name }) => name === model) ?? { phase: 'failed', error: null }
    return phase === 'failed' ? (error?.message ?? 'the model is unknown') : null
  }

  /** Ends it without a last word. The log is to be opened again. */
  async kill(): Promise<void> {
    this.#writer.kill()
    this.#stop.abort()
    await this.#done
    if (this.#failure !== null && !(this.#failure instanceof Killed)) throw asError(this.#failure)
  }

  /** Waits until all that the models say of this cut of the sources is in the store, or the runner is dead. */
  async reach(cut: number): Promise<void> {
    const deadline = Date.now() + 120_000
    for (;;) {
      if (!this.isAlive) return
      if (this.#failure !== null) throw asError(this.#failure)
      const settled = this.runner.observe().every(({ phase, evidence }) => {
        const there = Number(evidence['cut']) >= cut && evidence['committing'] === false
        return there && (phase === 'running' || phase === 'failed')
      })
      if (settled) return
      if (Date.now() > deadline) throw new Error(`the models did not reach cut ${cut}: ${JSON.stringify(this.runner.observe())}`)
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#done
    if (this.#failure !== null) throw asError(this.#failure)
  }
}

function asError(failure: unknown): Error {
  return failure instanceof Error ? failure : new Error(String(failure))
}
