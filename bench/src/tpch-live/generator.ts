/** Rows with a seed, in TPC-H's proportions and with its words: what its own generator makes, but for the text's grammar. */
import { pick, type Random, seededRandom } from '@millrace/base'
import type { Value } from '@millrace/core'
import { FIRST_DAY, LAST_DAY, PRESENT_DAY, type TableName } from './tables.ts'
import { COLORS, COMMENT_WORDS, CONTAINERS, INSTRUCTIONS, MODES, NATIONS, PRIORITIES, REGIONS, SEGMENTS, TYPE_WORDS } from './words.ts'

export type Row = readonly Value[]
export type Rows = Readonly<Record<TableName, Row[]>>
export interface OrderRows {
  readonly order: Row
  readonly lines: readonly Row[]
}

const SUPPLIERS_OF_PART = 4

export class TpchGenerator {
  readonly #random: Random
  readonly #counts: { readonly suppliers: number; readonly parts: number; readonly customers: number; readonly orders: number }
  #nextOrder = 1

  constructor(scale: number, seed: number) {
    this.#random = seededRandom(seed)
    const rows = (count: number): number => Math.max(10, Math.round(count * scale))
    this.#counts = { suppliers: rows(10_000), parts: rows(200_000), customers: rows(150_000), orders: rows(1_500_000) }
  }

  /** What a refresh inserts, and what it deletes: one in a thousand orders. */
  get refreshOrders(): number {
    return Math.max(1, Math.round(this.#counts.orders / 1000))
  }

  initial(): { readonly rows: Rows; readonly orders: readonly OrderRows[] } {
    const { suppliers, parts, customers, orders } = this.#counts
    const made = Array.from({ length: orders }, () => this.order())
    const rows: Rows = {
      region: REGIONS.map((name, key) => [key, name, this.#comment(8)]),
      nation: NATIONS.map(([name, region], key) => [key, name, region, this.#comment(8)]),
      supplier: list(suppliers, (key) => this.#supplier(key)),
      customer: list(customers, (key) => this.#customer(key)),
      part: list(parts, (key) => this.#part(key)),
      partsupp: list(parts, (key) => key).flatMap((key) => this.#suppliersOf(key)),
      orders: made.map(({ order }) => [...order]),
      lineitem: made.flatMap(({ lines }) => [...lines]),
    }
    return { rows, orders: made }
  }

  order(): OrderRows {
    const random = this.#random
    const key = this.#nextOrder
    this.#nextOrder += 1
    // A third of the customers never order.
    const customer = Math.min(1 + random.below(Math.ceil((this.#counts.customers * 2) / 3)), this.#counts.customers)
    const day = FIRST_DAY + random.below(LAST_DAY - FIRST_DAY + 1)
    const lines = list(1 + random.below(7), (number) => this.#line(key, number, day))
    const open = lines.filter((line) => line[9] === 'O').length
    const status = open === lines.length ? 'O' : open === 0 ? 'F' : 'P'
    const total = lines.reduce((sum, line) => sum + Math.round(((line[5] as number) * (100 - (line[6] as number))) / 100), 0)
    const clerk = `Clerk#${String(1 + random.below(1000)).padStart(9, '0')}`
    return { order: [key, customer, status, total, day, pick(random, PRIORITIES), clerk, 0, this.#comment(8)], lines }
  }

  #line(order: number, number: number, day: number): Row {
    const random = this.#random
    const part = 1 + random.below(this.#counts.parts)
    const quantity = 1 + random.below(50)
    const shipped = day + 1 + random.below(121)
    const committed = day + 30 + random.below(61)
    const received = shipped + 1 + random.below(30)
    const returned = received <= PRESENT_DAY ? pick(random, ['R', 'A']) : 'N'
    const status = shipped > PRESENT_DAY ? 'O' : 'F'
    const [discount, tax] = [random.below(11), random.below(9)]
    const supplier = this.#supplierOf(part, random.below(SUPPLIERS_OF_PART))
    const [instruction, mode] = [pick(random, INSTRUCTIONS), pick(random, MODES)]
    const numbers = [order, part, supplier, number, quantity * 100, quantity * priceOf(part), discount, tax]
    return [...numbers, returned, status, shipped, committed, received, instruction, mode, this.#comment(4)]
  }

  #supplier(key: number): Row {
    const random = this.#random
    const nation = random.below(NATIONS.length)
    const complaint = random.below(20) === 0 ? 'Customer slow Complaints ' : ''
    return [key, named('Supplier', key), this.#address(), nation, this.#phone(nation), this.#balance(), complaint + this.#comment(8)]
  }

  #customer(key: number): Row {
    const random = this.#random
    const nation = random.below(NATIONS.length)
    const segment = pick(random, SEGMENTS)
    return [key, named('Customer', key), this.#address(), nation, this.#phone(nation), this.#balance(), segment, this.#comment(10)]
  }

  #part(key: number): Row {
    const random = this.#random
    const maker = 1 + random.below(5)
    const name = Array.from({ length: 5 }, () => pick(random, COLORS)).join(' ')
    const kind = TYPE_WORDS.map((words) => pick(random, words)).join(' ')
    const container = CONTAINERS.map((words) => pick(random, words)).join(' ')
    const brand = `Brand#${maker}${1 + random.below(5)}`
    return [key, name, `Manufacturer#${maker}`, brand, kind, 1 + random.below(50), container, priceOf(key), this.#comment(3)]
  }

  #suppliersOf(part: number): Row[] {
    const random = this.#random
    const suppliers = new Set(list(SUPPLIERS_OF_PART, (at) => this.#supplierOf(part, at - 1)))
    return [...suppliers].map((supplier) => [part, supplier, 1 + random.below(9999), 100 + random.below(99_901), this.#comment(10)])
  }

  #supplierOf(part: number, which: number): number {
    const { suppliers } = this.#counts
    return ((part + which * (Math.floor(suppliers / SUPPLIERS_OF_PART) + Math.floor((part - 1) / suppliers))) % suppliers) + 1
  }

  #balance(): number {
    return this.#random.below(1_099_999) - 99_999
  }

  #phone(nation: number): string {
    const digits = (count: number): string => String(this.#random.below(10 ** count)).padStart(count, '0')
    return `${nation + 10}-${digits(3)}-${digits(3)}-${digits(4)}`
  }

  #address(): string {
    return this.#comment(3)
  }

  #comment(words: number): string {
    return Array.from({ length: 1 + this.#random.below(words) }, () => pick(this.#random, COMMENT_WORDS)).join(' ')
  }
}

/** Keys count from 1. */
function list<Item>(count: number, make: (key: number) => Item): Item[] {
  return Array.from({ length: count }, (_, at) => make(at + 1))
}

function named(what: string, key: number): string {
  return `${what}#${String(key).padStart(9, '0')}`
}

function priceOf(part: number): number {
  return 90_000 + (Math.floor(part / 10) % 20_001) + 100 * (part % 1000)
}
