/** A store with one stream of orders, and deliveries from it, for tests. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededRandom } from '@millrace/base'
import { BatchBuilder, type LogReader, type OperationName, type Schema, type Value, type WebhookDelivery } from '@millrace/core'
import { Door } from '@millrace/guard'
import { openStore, type Store } from '@millrace/store'
import { WebhookStage, type WebhookStageOptions } from '../webhook-stage.ts'

export const ORDERS: Schema = {
  columns: [
    { name: 'order_id', type: { kind: 'int64' }, nullable: false },
    { name: 'state', type: { kind: 'text' }, nullable: true },
    { name: 'total', type: { kind: 'decimal', width: 18, scale: 2 }, nullable: true },
  ],
  key: [0],
}

export interface OrderChange {
  readonly operation?: OperationName
  readonly row: readonly (Value | undefined)[]
  readonly before?: readonly (Value | undefined)[]
}

export interface RunningDelivery {
  readonly stage: WebhookStage
  readonly ended: Promise<void>
  stop(): Promise<void>
}

export class DeliverySetup {
  readonly folder: string
  readonly store: Store
  readonly reader: LogReader
  readonly door: Door
  #transaction = 0
  readonly #running: RunningDelivery[] = []

  constructor(folder: string, store: Store) {
    this.folder = folder
    this.store = store
    this.reader = store.reader()
    this.door = new Door({ allowInside: ['127.0.0.1'] })
  }

  static async open(): Promise<DeliverySetup> {
    const folder = await mkdtemp(join(tmpdir(), 'deliver-'))
    const store = await openStore(join(folder, 'store.db'))
    await store.commit({ streams: [{ name: 'orders', kind: 'table', schema: ORDERS, partitions: 1 }] })
    return new DeliverySetup(folder, store)
  }

  async append(changes: readonly OrderChange[], { timeUs = Date.now() * 1000, partition = 0, stream = 'orders' } = {}): Promise<void> {
    const builder = new BatchBuilder(ORDERS)
    this.#transaction += 1
    changes.forEach(({ operation = 'insert', row, before }, index) =>
      builder.push(operation, { transaction: this.#transaction, index, time: timeUs }, row, before),
    )
    await this.store.commit({ appends: [{ stream, partition, batch: builder.finish() }] })
  }

  /** `count` new orders with the numbers from `first` on. */
  async appendOrders(count: number, first = 1): Promise<void> {
    const perCommit = 5000
    for (let at = 0; at < count; at += perCommit) {
      const size = Math.min(perCommit, count - at)
      await this.append(Array.from({ length: size }, (_, index) => ({ row: [first + at + index, 'new', 1999] })))
    }
  }

  deliver(config: Partial<WebhookDelivery> & { url: WebhookDelivery['url'] }, options: Partial<WebhookStageOptions> = {}): RunningDelivery {
    const stage = new WebhookStage({
      name: 'partner',
      config: { kind: 'webhook', from: 'orders', ...config },
      storeId: this.store.id,
      writer: this.store,
      reader: this.reader,
      signal: this.store,
      door: this.door,
      random: seededRandom(7),
      ...options,
    })
    const controller = new AbortController()
    const ended = stage.run(controller.signal)
    ended.catch(() => undefined)
    const running = {
      stage,
      ended,
      stop: async (): Promise<void> => {
        controller.abort(new Error('the test is over'))
        await ended
      },
    }
    this.#running.push(running)
    return running
  }

  async close(): Promise<void> {
    for (const running of this.#running) await running.stop().catch(() => undefined)
    this.door.close()
    await this.store.close()
    await rm(this.folder, { recursive: true, force: true })
  }
}

export async function until(condition: () => boolean, timeoutMs = 20_000): Promise<void> {
  const endMs = performance.now() + timeoutMs
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`not within ${timeoutMs} ms: ${String(condition)}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
