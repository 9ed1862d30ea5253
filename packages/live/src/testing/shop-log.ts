/** A real store in a folder of its own, with changes pushed into it by hand. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BatchBuilder, type LogReader, type OperationName, type StreamDefinition, type Value } from '@millrace/core'
import type { BoundModel } from '@millrace/sql'
import { openStore, type Store } from '@millrace/store'
import { LiveRunner } from '../runner/live-runner.ts'

export interface RowChange {
  readonly stream: string
  readonly operation: OperationName
  /** `undefined` is a cell that the source did not tell. */
  readonly row: readonly (Value | undefined)[]
  readonly before?: readonly (Value | undefined)[]
}

export class ShopLog {
  readonly store: Store
  readonly reader: LogReader
  readonly #folder: string
  readonly #streams: Map<string, StreamDefinition>
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

  start(models: readonly BoundModel[]): RunningModels {
    return new RunningModels(this, models)
  }

  async close(): Promise<void> {
    this.reader.close()
    await this.store.close()
    rmSync(this.#folder, { recursive: true })
  }
}

export class RunningModels {
  readonly runner: LiveRunner
  readonly #stop = new AbortController()
  readonly #done: Promise<void>
  #failure: unknown = null

  constructor(log: ShopLog, models: readonly BoundModel[]) {
    this.runner = new LiveRunner({ models, writer: log.store, reader: log.store.reader(), signal: log.store })
    this.#done = this.runner.run(this.#stop.signal).catch((error: unknown) => {
      this.#failure = error
    })
  }

  /** Waits until all that the models say of this cut of the sources is in the store. */
  async reach(cut: number): Promise<void> {
    const deadline = Date.now() + 20_000
    for (;;) {
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
