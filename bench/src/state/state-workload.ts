/** Orders with three lines each, and changes of them; what the join of both then says. */
import { seededRandom } from '@millrace/base'
import { type Append, BatchBuilder, type OperationName, type StreamDefinition, type Type } from '@millrace/core'

function table(name: string, columns: Readonly<Record<string, Type['kind']>>): StreamDefinition {
  const named = Object.entries(columns).map(([column, kind]) => ({ name: column, type: { kind } as Type, nullable: false }))
  return { name, kind: 'table', partitions: 1, schema: { columns: named, key: [0] } }
}

const ORDERS = table('shop.orders', { id: 'int64', customer: 'text', status: 'text' })
const LINES = table('shop.lines', { id: 'int64', order_id: 'int64', quantity: 'int64' })

export const TABLES: readonly StreamDefinition[] = [ORDERS, LINES]
export const SQL = 'SELECT l.id, o.customer, o.status, l.quantity FROM shop.lines l JOIN shop.orders o ON o.id = l.order_id'

export const LINES_EACH = 3
const STATUS = ['new', 'paid', 'sent', 'done'] as const

/** The status of an order after so many changes of it. */
export function statusOf(order: number, version: number): string {
  return STATUS[(order + version) % STATUS.length] as string
}

export class Workload {
  /** Per order how often it changed. */
  readonly versions: Uint8Array
  readonly #random
  #transaction = 0

  constructor(orders: number, seed: number) {
    this.versions = new Uint8Array(orders)
    this.#random = seededRandom(seed)
  }

  /** Orders `from` to `until` with their lines come. */
  arrival(from: number, until: number): readonly Append[] {
    this.#transaction += 1
    const orders = new BatchBuilder(ORDERS.schema)
    const lines = new BatchBuilder(LINES.schema)
    for (let id = from; id < until; id += 1) {
      this.#push(orders, 'insert', [id, `customer ${id % 100_000}`, statusOf(id, 0)])
      for (let line = id * LINES_EACH; line < (id + 1) * LINES_EACH; line += 1) this.#push(lines, 'insert', [line, id, line % 10])
    }
    return [appendOf(ORDERS, orders), appendOf(LINES, lines)]
  }

  /** Each of `count` orders changes: any, or the newest. */
  changes(count: number, which: 'new' | 'any'): readonly Append[] {
    this.#transaction += 1
    const orders = new BatchBuilder(ORDERS.schema)
    const all = this.versions.length
    for (let at = 0; at < count; at += 1) {
      const id = which === 'any' ? this.#random.below(all) : all - 1 - this.#random.below(Math.min(all, 5_000))
      const version = ((this.versions[id] as number) + 1) % STATUS.length
      this.versions[id] = version
      this.#push(orders, 'update', [id, `customer ${id % 100_000}`, statusOf(id, version)])
    }
    return [appendOf(ORDERS, orders)]
  }

  #push(builder: BatchBuilder, operation: OperationName, row: readonly (string | number)[]): void {
    builder.push(operation, { transaction: this.#transaction, index: builder.count, time: this.#transaction }, row)
  }
}

function appendOf({ name }: StreamDefinition, builder: BatchBuilder): Append {
  return { stream: name, partition: 0, batch: builder.finish() }
}
