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

const LINES_EACH = 3

/** What is kept live. Each of its rows tells a number, by which the order is known, and in its third column the order's status. */
export interface StateForm {
  readonly sql: string
  /** The rows of an order, whose numbers follow each other. */
  readonly rowsEach: number
  /** The rows of the tables for an order. */
  readonly readEach: number
  /** About what an order takes in memory, as rows of streams and in the operator. */
  readonly orderBytes: number
}

export const FORMS = {
  join: {
    sql: 'SELECT l.id, o.customer, o.status, l.quantity FROM shop.lines l JOIN shop.orders o ON o.id = l.order_id',
    rowsEach: LINES_EACH,
    readEach: 1 + LINES_EACH,
    orderBytes: 640,
  },
  groups: {
    sql: 'SELECT id, count(*) AS times, max(status) AS status, sum(length(customer)) AS letters, count(DISTINCT customer) AS customers FROM shop.orders GROUP BY id',
    rowsEach: 1,
    readEach: 1,
    orderBytes: 640,
  },
} as const satisfies Record<string, StateForm>
export type FormName = keyof typeof FORMS
const STATUS = ['new', 'paid', 'sent', 'done'] as const

/** The status of an order after so many changes of it. */
export function statusOf(order: number, version: number): string {
  return STATUS[(order + version) % STATUS.length] as string
}

export class Workload {
  /** Per order how often it changed. */
  readonly versions: Uint8Array
  readonly #form: StateForm
  readonly #random
  #transaction = 0

  constructor(form: FormName, orders: number, seed: number) {
    this.#form = FORMS[form]
    this.versions = new Uint8Array(orders)
    this.#random = seededRandom(seed)
  }

  /** Orders `from` to `until` come, with their lines where these are read. */
  arrival(from: number, until: number): readonly Append[] {
    this.#transaction += 1
    const orders = new BatchBuilder(ORDERS.schema)
    const lines = new BatchBuilder(LINES.schema)
    for (let id = from; id < until; id += 1) {
      this.#push(orders, 'insert', [id, `customer ${id % 100_000}`, statusOf(id, 0)])
      for (let line = id * LINES_EACH; line < (id + 1) * LINES_EACH; line += 1) this.#push(lines, 'insert', [line, id, line % 10])
    }
    const arrived = [appendOf(ORDERS, orders), appendOf(LINES, lines)]
    return arrived.slice(0, this.#form.readEach > 1 ? 2 : 1)
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
