/** Three changes that a simulated source could not take, for looking at the page. */
import { MillraceError } from '@millrace/base'
import type { ParkedDetail, ParkedPage, ParkedReplayed, ParkedRequest, Row } from '@millrace/serve'

export class SimulatedParking {
  #records: ParkedDetail[]

  constructor(isBusy: boolean) {
    this.#records = isBusy ? [wrong(7, 'NaN', 0), behind(7, 1), wrong(19, 'Infinity', 2)] : []
  }

  get count(): number {
    return this.#records.length
  }

  page({ source, limit }: ParkedRequest): ParkedPage {
    const records = this.#records.filter((record) => source === null || record.source === source).slice(0, limit)
    const counts = [{ source: 'shop', stream: 'shop.prices', code: 'VALUE_UNREADABLE', count: this.count, oldestMs: 0 }]
    const what = 'the column discount was removed'
    const tables = [{ source: 'shop', stream: 'shop.products', what, sinceMs: Date.now() - 300_000, accepted: false }]
    return { counts: this.count === 0 ? [] : counts, tables: this.count === 0 ? [] : tables, records, cursor: null }
  }

  detail(id: string): ParkedDetail {
    const record = this.#records.find((each) => each.id === id)
    if (record === undefined) throw new MillraceError('PARKED_UNKNOWN', { details: { id } })
    return record
  }

  fix(id: string, row: Row): ParkedDetail {
    this.#records = this.#records.map((record) => (record.id === id ? { ...record, row } : record))
    return this.detail(id)
  }

  /** Those of the same key go with it, as they do in the real one. */
  replay(id: string): ParkedReplayed {
    const { key } = this.detail(id)
    const replayed = this.#records.filter((record) => record.key === key).map((record) => record.id)
    this.#records = this.#records.filter((record) => record.key !== key)
    return { replayed, waiting: 0 }
  }

  drop(id: string): ParkedDetail {
    const record = this.detail(id)
    this.#records = this.#records.filter((each) => each.id !== id)
    return { ...record, status: 'dropped' }
  }
}

function wrong(product: number, amount: string, index: number): ParkedDetail {
  return {
    id: `shop.prices/0/26514336.${index}`,
    source: 'shop',
    stream: 'shop.prices',
    operation: 'update',
    key: String(product),
    place: 'shop.prices at 0/1949460',
    code: 'VALUE_UNREADABLE',
    reason: `the column amount holds ${amount}, which numeric(12,2) cannot represent`,
    status: 'parked',
    parkedMs: Date.now() - 95_000,
    settledMs: null,
    row: { product_id: product, currency: 'EUR', amount },
    before: null,
    raw: `${product}\tEUR\t${amount}`,
  }
}

function behind(product: number, index: number): ParkedDetail {
  const reason = 'an earlier change of this key was set aside'
  return { ...wrong(product, '12.50', index), code: 'PARKED_BEHIND', reason }
}
