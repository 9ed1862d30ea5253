/** The shop's changes as a source decodes them: items and orders that come, change and go, a few customers that move. */
import { type Random, seededRandom } from '@millrace/base'
import { type Append, BatchBuilder, type Column, type OperationName, type StreamDefinition, type Type, type Value } from '@millrace/core'

const INT: Type = { kind: 'int64' }
const TEXT: Type = { kind: 'text' }
const PRICE: Type = { kind: 'decimal', width: 12, scale: 2 }

function table(name: string, columns: Readonly<Record<string, Type>>): StreamDefinition {
  const list: Column[] = Object.entries(columns).map(([column, type], at) => ({ name: column, type, nullable: at > 0 }))
  return { name, kind: 'table', partitions: 1, schema: { columns: list, key: [0] } }
}

const CUSTOMERS = table('shop.customers', { id: INT, name: TEXT, country: TEXT })
const PRODUCTS = table('shop.products', { id: INT, name: TEXT, weight_grams: INT })
const ORDERS = table('shop.orders', { id: INT, customer_id: INT, status: TEXT })
const ITEMS = table('shop.order_items', { id: INT, order_id: INT, product_id: INT, quantity: INT, unit_price: PRICE })
export const STREAMS: readonly StreamDefinition[] = [CUSTOMERS, PRODUCTS, ORDERS, ITEMS]

const CUSTOMER_COUNT = 2000
const PRODUCT_COUNT = 500
const ITEMS_AN_ORDER = 3
const COUNTRIES = ['DE', 'FR', 'IT', 'ES', 'PL', 'NL'] as const
const STATUSES = ['new', 'paid', 'packed', 'sent'] as const

interface Change {
  readonly stream: StreamDefinition
  readonly operation: OperationName
  readonly row: readonly (Value | undefined)[]
}

export class ShopChanges {
  readonly #random: Random
  #transaction = 0
  #orders = 0
  #items = 0
  /** Items older than this were deleted. */
  #firstItem = 1

  constructor(seed: number) {
    this.#random = seededRandom(seed)
  }

  /** The rows that are there at the start, in parts of a commit each. */
  *start(orders: number): Generator<Append[]> {
    const people = Array.from({ length: CUSTOMER_COUNT }, (_, at) => this.#customer(at, 'insert'))
    const goods = Array.from({ length: PRODUCT_COUNT }, (_, at): Change => ({
      stream: PRODUCTS,
      operation: 'insert',
      row: [at, `product ${at}`, 10 + this.#random.below(5000)],
    }))
    yield this.#appends([...people, ...goods])
    while (this.#orders < orders) {
      const changes: Change[] = []
      while (changes.length < 10_000 && this.#orders < orders) {
        changes.push(this.#newOrder())
        for (let item = 0; item < ITEMS_AN_ORDER; item += 1) changes.push(this.#newItem(this.#orders))
      }
      yield this.#appends(changes)
    }
  }

  /** The next changes, as one commit of the source. */
  next(count: number): Append[] {
    return this.#appends(Array.from({ length: count }, () => this.#change()))
  }

  /** As many items go as come, so that the shop stays about as large as it is. */
  #change(): Change {
    const choice = this.#random.below(100)
    if (choice < 5) return this.#newOrder()
    if (choice < 35) return this.#newItem(1 + this.#random.below(this.#orders))
    if (choice < 64) return { stream: ITEMS, operation: 'delete', row: [this.#firstItem++, undefined, undefined, undefined, undefined] }
    if (choice < 99) return { stream: ORDERS, operation: 'update', row: this.#order(1 + this.#random.below(this.#orders)) }
    return this.#customer(this.#random.below(CUSTOMER_COUNT), 'update')
  }

  #customer(id: number, operation: OperationName): Change {
    return { stream: CUSTOMERS, operation, row: [id, `customer ${id}`, this.#one(COUNTRIES)] }
  }

  #newOrder(): Change {
    this.#orders += 1
    return { stream: ORDERS, operation: 'insert', row: this.#order(this.#orders) }
  }

  /** An order stays with its customer. */
  #order(id: number): readonly Value[] {
    return [id, (id * 7919) % CUSTOMER_COUNT, this.#one(STATUSES)]
  }

  #newItem(order: number): Change {
    this.#items += 1
    return {
      stream: ITEMS,
      operation: 'insert',
      row: [this.#items, order, this.#random.below(PRODUCT_COUNT), 1 + this.#random.below(9), 100 + this.#random.below(100_000)],
    }
  }

  #one<T>(list: readonly T[]): T {
    return list[this.#random.below(list.length)] as T
  }

  #appends(changes: readonly Change[]): Append[] {
    this.#transaction += 1
    const builders = new Map<StreamDefinition, BatchBuilder>()
    for (const [index, { stream, operation, row }] of changes.entries()) {
      let builder = builders.get(stream)
      if (builder === undefined) builders.set(stream, (builder = new BatchBuilder(stream.schema)))
      builder.push(operation, { transaction: this.#transaction, index, time: this.#transaction * 1000 }, row)
    }
    return [...builders].map(([stream, builder]) => ({ stream: stream.name, partition: 0, batch: builder.finish() }))
  }
}
