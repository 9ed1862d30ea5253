/** A real store, a real model of it and a real server, with the model's stream written by hand or by the live engine. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BatchBuilder, changeAt, type LogReader, type OperationName, type Schema, type Value } from '@millrace/core'
import { openStore, type Store } from '@millrace/store'
import { type Client, createClient } from '@millrace/client'
import type { ServeApi } from '../api.ts'
import { compileEndpoint, type EndpointDeclaration } from '../reading/endpoints.ts'
import { Reading, type ReadableModel } from '../reading/reading.ts'
import { ReadingDesk } from '../reading/reading-desk.ts'
import { rowTextOf } from '../reading/row-text.ts'
import { type RunningServer, startServer } from '../server.ts'

export const REVENUE: Schema = {
  columns: [
    { name: 'id', type: { kind: 'int64' }, nullable: true },
    { name: 'country', type: { kind: 'text' }, nullable: true },
    { name: 'amount', type: { kind: 'decimal', width: 12, scale: 2 }, nullable: true },
  ],
  key: [0],
}

export interface Told {
  readonly operation: OperationName
  readonly row: readonly (Value | undefined)[]
  readonly before?: readonly Value[]
}

export interface HouseOptions {
  readonly schema?: Schema
  readonly models?: readonly ReadableModel[]
  readonly endpoints?: readonly EndpointDeclaration[]
  readonly subscribersLimit?: number
  readonly rowsBytesLimit?: number
}

export class ReadingHouse {
  store: Store
  reading: Reading
  server: RunningServer
  client: Client
  readonly #folder: string
  readonly #options: HouseOptions
  #stop = new AbortController()
  #running: Promise<void> = Promise.resolve()
  #transaction = 0
  readonly #rows = new Map<string, readonly Value[]>()

  private constructor(folder: string, options: HouseOptions, parts: { store: Store; reading: Reading; server: RunningServer }) {
    this.#folder = folder
    this.#options = options
    this.store = parts.store
    this.reading = parts.reading
    this.server = parts.server
    this.client = createClient({ url: parts.server.url })
    this.#running = this.reading.run(this.#stop.signal)
  }

  static async open(options: HouseOptions = {}): Promise<ReadingHouse> {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-reading-'))
    const store = await openStore(join(folder, 'store.db'))
    await store.commit({ streams: [{ name: 'revenue', kind: 'model', schema: options.schema ?? REVENUE, partitions: 1 }] })
    return new ReadingHouse(folder, options, { store, ...(await serve(store, options, 0)) })
  }

  /** Ends the server, then starts another over the same store, at the same port. */
  async restart(options: HouseOptions = this.#options): Promise<void> {
    const { port } = this.server
    await this.#end()
    this.store = await openStore(join(this.#folder, 'store.db'))
    const { reading, server } = await serve(this.store, options, port)
    this.reading = reading
    this.server = server
    this.#stop = new AbortController()
    this.#running = reading.run(this.#stop.signal)
  }

  async close(): Promise<void> {
    await this.#end()
    rmSync(this.#folder, { recursive: true })
  }

  /** One commit of the model. */
  async tell(changes: readonly Told[], schema: Schema = this.#options.schema ?? REVENUE): Promise<number> {
    this.#transaction += 1
    const builder = new BatchBuilder(schema)
    for (const [index, { operation, row, before }] of changes.entries()) {
      builder.push(operation, { transaction: this.#transaction, index, time: this.#transaction * 1000 }, row, before)
    }
    const streams = [{ name: 'revenue', kind: 'model' as const, schema, partitions: 1 }]
    return (
      await this.store.commit({ streams, appends: [{ stream: 'revenue', partition: 0, batch: builder.finish(), asOf: this.#transaction }] })
    ).cut
  }

  /** Gives a row of the keyed model these values, or takes it away; one commit. */
  put(...rows: readonly (readonly [id: number, country: string | null, amount: number | null] | number)[]): Promise<number> {
    return this.tell(
      rows.map((row): Told => {
        const id = String(typeof row === 'number' ? row : row[0])
        const before = this.#rows.get(id)
        if (typeof row === 'number') {
          this.#rows.delete(id)
          return { operation: 'delete', row: before ?? [] }
        }
        this.#rows.set(id, row)
        return before === undefined ? { operation: 'insert', row } : { operation: 'update', row, before }
      }),
    )
  }

  async #end(): Promise<void> {
    this.#stop.abort(new DOMException('The test ends.', 'AbortError'))
    await this.server.close()
    await this.#running
    await this.store.close()
  }
}

async function serve(store: Store, options: HouseOptions, port: number): Promise<{ reading: Reading; server: RunningServer }> {
  const schema = options.schema ?? REVENUE
  const problem = (what: string): Error => new Error(what)
  const endpoints = await Promise.all((options.endpoints ?? []).map((endpoint) => compileEndpoint(endpoint, schema, problem)))
  const models = options.models ?? [{ name: 'revenue', indexes: [['country']] }]
  const { subscribersLimit, rowsBytesLimit } = options
  const reading = new Reading({
    reader: store.reader(),
    signal: store,
    storeId: store.id,
    models,
    ...(subscribersLimit === undefined ? {} : { subscribersLimit }),
    ...(rowsBytesLimit === undefined ? {} : { rowsBytesLimit }),
  })
  const server = await startServer({
    port,
    api: {} as ServeApi,
    consoleFolder: tmpdir(),
    reading: new ReadingDesk(reading, endpoints),
  })
  return { reading, server }
}

/** What the log says a model's rows are at a cut, as JSON texts in order: folded plainly, sharing nothing with reading but the text of a row. */
export function rowsInLog(reader: LogReader, model: string, untilCut?: number): string[] {
  const rows: string[] = []
  for (const stored of reader.read(model, untilCut === undefined ? {} : { untilCut })) {
    const batch = stored.batch()
    const text = rowTextOf(batch.schema)
    for (let at = 0; at < batch.count; at += 1) {
      const { operation, after, before } = changeAt(batch, at)
      if (operation === 'truncate') rows.length = 0
      if (operation === 'update') rows.splice(rows.indexOf(text(before as Value[])), 1)
      if (operation === 'delete') rows.splice(rows.indexOf(text(after as Value[])), 1)
      if (operation === 'insert' || operation === 'update') rows.push(text(after as Value[]))
    }
  }
  return rows.toSorted()
}
