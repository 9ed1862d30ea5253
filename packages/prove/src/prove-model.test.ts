import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { MillraceError } from '@millrace/base'
import { BatchBuilder, type LogReader, type OperationName, type Schema, type SourceProgress, type Value } from '@millrace/core'
import { bindModels } from '@millrace/sql'
import { openStore, type Store } from '@millrace/store'
import { proveInThread } from './prove-in-thread.ts'
import { mismatchOf, proveModel } from './prove-model.ts'

type Change = readonly [OperationName, readonly Value[]]

const ORDERS: Schema = {
  columns: [
    { name: 'id', type: { kind: 'int64' }, nullable: false },
    { name: 'customer', type: { kind: 'text' }, nullable: false },
    { name: 'total', type: { kind: 'decimal', width: 10, scale: 2 }, nullable: true },
  ],
  key: [0],
}
const TOTALS: Schema = {
  columns: [
    { name: 'customer', type: { kind: 'text' }, nullable: true },
    { name: 'orders', type: { kind: 'int64' }, nullable: true },
    { name: 'total', type: { kind: 'decimal', width: 38, scale: 2 }, nullable: true },
  ],
  key: [0],
}
const MODELS = [{ name: 'totals', sql: 'select customer, count(*) as orders, sum(total) as total from shop.orders group by customer' }]

/** What a live runner of this model would do, told by hand, so that each fault can be planted. */
class Shop {
  readonly store: Store
  readonly reader: LogReader

  constructor(store: Store) {
    this.store = store
    this.reader = store.reader()
  }

  async orders(...changes: readonly Change[]): Promise<number> {
    const { cut } = await this.store.commit({ appends: [{ stream: 'shop.orders', partition: 0, batch: batchOf(ORDERS, changes) }] })
    return cut
  }

  async publish(asOf: number, changes: readonly Change[], schema: Schema = TOTALS): Promise<void> {
    const batch = batchOf(schema, changes)
    await this.store.commit({
      appends: [{ stream: 'totals', partition: 0, batch, asOf }],
      progress: progressAt(asOf),
    })
  }

  /** The runner has gone on without anything to publish. */
  async reach(cut: number): Promise<void> {
    await this.store.commit({ progress: progressAt(cut) })
  }
}

/** As the live runner keeps it: its position, and the meaning of each model that it has published. */
function progressAt(cut: number): SourceProgress {
  return { source: 'live', transaction: cut, state: { folds: {}, models: { totals: 'as it was' } } }
}

function batchOf(schema: Schema, changes: readonly Change[]): ReturnType<BatchBuilder['finish']> {
  const builder = new BatchBuilder(schema)
  for (const [index, [operation, row]] of changes.entries()) builder.push(operation, { transaction: 1, index, time: 0 }, row)
  return builder.finish()
}

async function withShop(use: (shop: Shop, path: string) => Promise<void>, schema: Schema = TOTALS): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
  const path = join(folder, 'store.db')
  const store = await openStore(path)
  try {
    await store.commit({
      streams: [
        { name: 'shop.orders', kind: 'table', schema: ORDERS, partitions: 1 },
        { name: 'totals', kind: 'model', schema, partitions: 1 },
      ],
    })
    await use(new Shop(store), path)
  } finally {
    await store.close()
    await rm(folder, { recursive: true, force: true })
  }
}

const FIRST: readonly Change[] = [
  ['insert', [1, 'ann', 1000]],
  ['insert', [2, 'ann', 500]],
  ['insert', [3, 'bob', 250]],
]
const RIGHT: readonly Change[] = [
  ['insert', ['ann', 2, 1500]],
  ['insert', ['bob', 1, 250]],
]

const PROOF = { models: MODELS, model: 'totals' }

test('law 3: a live model that is right is equal, at the cut that it reflects', async () => {
  await withShop(async (shop) => {
    const cut = await shop.orders(...FIRST)
    await shop.publish(cut, RIGHT)
    const proof = await proveModel({ reader: shop.reader, ...PROOF })
    expect(proof).toMatchObject({ verdict: 'equal', model: 'totals', cut, rows: { live: 2, batch: 2 }, differentRows: 0, changes: 5 })
    expect(mismatchOf(proof)).toBeUndefined()
  })
})

test('changes that the live model has not reached yet take no part', async () => {
  await withShop(async (shop) => {
    const cut = await shop.orders(...FIRST)
    await shop.publish(cut, RIGHT)
    await shop.orders(['delete', [3, 'bob', 250]])
    expect(await proveModel({ reader: shop.reader, ...PROOF })).toMatchObject({ verdict: 'equal', cut })
  })
})

test('law 3: a change that the runner passed over without publishing is found', async () => {
  await withShop(async (shop) => {
    await shop.publish(await shop.orders(...FIRST), RIGHT)
    const cut = await shop.orders(['insert', [4, 'cleo', 100]])
    await shop.reach(cut)
    const proof = await proveModel({ reader: shop.reader, ...PROOF })
    expect(proof).toMatchObject({ verdict: 'different', cut, missing: 1, extra: 0, changed: 0 })
    expect(proof.differences).toEqual([
      { kind: 'missing', key: { customer: 'cleo' }, live: null, batch: { customer: 'cleo', orders: 1, total: '1.00' }, columns: [] },
    ])
  })
})

const FAULTS: readonly (readonly [string, readonly Change[], Record<string, unknown>, unknown])[] = [
  [
    'a wrong value',
    [RIGHT[0]!, ['insert', ['bob', 1, 251]]],
    { changed: 1, changedColumns: [{ name: 'total', rows: 1 }] },
    { kind: 'changed', key: { customer: 'bob' }, columns: ['total'], live: { total: '2.51' }, batch: { total: '2.50' } },
  ],
  ['a lost row', [RIGHT[0]!], { missing: 1 }, { kind: 'missing', key: { customer: 'bob' }, live: null }],
  ['a row too many', [...RIGHT, ['insert', ['zoe', 1, 1]]], { extra: 1 }, { kind: 'extra', key: { customer: 'zoe' }, batch: null }],
  ['NULL for a value', [RIGHT[0]!, ['insert', ['bob', 1, null]]], { changed: 1 }, { columns: ['total'], live: { total: null } }],
]

test.each(FAULTS)('law 3: %s in the live model is named', async (_, published, counts, first) => {
  await withShop(async (shop) => {
    await shop.publish(await shop.orders(...FIRST), published)
    const proof = await proveModel({ reader: shop.reader, ...PROOF })
    expect(proof).toMatchObject({ verdict: 'different', differentRows: 1, ...counts })
    expect(proof.differences[0]).toMatchObject(first as object)
  })
})

test('law 3: a repeated row of a model without a key is named', async () => {
  await withShop(
    async (shop) => {
      await shop.publish(await shop.orders(...FIRST), [...RIGHT, RIGHT[1]!], { ...TOTALS, key: [] })
      const proof = await proveModel({ reader: shop.reader, ...PROOF })
      expect(proof).toMatchObject({ verdict: 'different', extra: 1, missing: 0, rows: { live: 3, batch: 2 } })
      expect(proof.differences[0]).toMatchObject({ kind: 'extra', live: { customer: 'bob', orders: 1, total: '2.50' } })
    },
    { ...TOTALS, key: [] },
  )
})

test('where rows may tie, a difference says so: each side may be right', async () => {
  const sql = `select * from (${MODELS[0]!.sql}) order by orders limit 1`
  const streams = [{ name: 'shop.orders', schema: ORDERS }]
  const { bound } = await bindModels({ models: [{ name: 'totals', sql }], streams })
  const models = bound.map(({ name, plan }) => ({ name, sql, plan }))
  for (const [published, expected] of [
    [RIGHT[0]!, { verdict: 'different', ties: ['LIMIT of totals'] }],
    [RIGHT[1]!, { verdict: 'equal', ties: [] }],
  ] as const) {
    await withShop(async (shop) => {
      await shop.publish(await shop.orders(...FIRST), [published])
      expect(await proveModel({ reader: shop.reader, models, model: 'totals' })).toMatchObject(expected)
    })
  }
})

test('law 3: a wrong type is named, though every value looks the same', async () => {
  const columns = TOTALS.columns.map((column) => (column.name === 'orders' ? { ...column, type: { kind: 'int32' as const } } : column))
  const schema = { ...TOTALS, columns }
  await withShop(async (shop) => {
    await shop.publish(await shop.orders(...FIRST), RIGHT, schema)
    const proof = await proveModel({ reader: shop.reader, ...PROOF })
    expect(proof.verdict).toBe('different')
    expect(proof.columnsDiffering).toEqual([{ name: 'orders', live: 'INTEGER', batch: 'BIGINT' }])
    expect(mismatchOf(proof)).toMatchObject({ code: 'PROOF_MISMATCH' })
  }, schema)
})

test('a model that moves apart from the others is compared at its own cut', async () => {
  await withShop(async (shop) => {
    const first = await shop.orders(...FIRST)
    await shop.publish(first, RIGHT)
    const inside = await shop.orders(['delete', [3, 'bob', 250]])
    const last = await shop.orders(['insert', [4, 'bob', 1]])
    await shop.publish(last, [
      ['delete', ['bob', 1, 250]],
      ['insert', ['bob', 1, 1]],
    ])
    for (const [names, verdict, cut] of [
      [['totals'], 'equal', last],
      [['others'], 'different', inside],
    ] as const) {
      const { state, ...position } = progressAt(inside)
      await shop.store.commit({ progress: { ...position, state: { ...state, apart: { cut: last, names } } } })
      expect(await proveModel({ reader: shop.reader, ...PROOF })).toMatchObject({ verdict, cut })
    }
  })
})

test('a proof at an older cut is made at the end of the step that had published it', async () => {
  await withShop(async (shop) => {
    const first = await shop.orders(...FIRST)
    await shop.publish(first, RIGHT)
    const inside = await shop.orders(['delete', [3, 'bob', 250]])
    const last = await shop.orders(['insert', [4, 'bob', 1]])
    // One step took both cuts, so at the first of them nothing was ever published.
    await shop.publish(last, [['update', ['bob', 1, 1]]])
    const at = async (cut?: number): Promise<unknown> => {
      const proof = await proveModel({ reader: shop.reader, ...PROOF, ...(cut === undefined ? {} : { cut }) })
      return [proof.verdict, proof.cut]
    }
    expect(await at()).toEqual(['equal', last])
    expect(await at(inside)).toEqual(['equal', first])
    expect(await at(first)).toEqual(['equal', first])
  })
})

test('law 9: a model that has published nothing up to the cut, or not yet what its SQL says now, cannot be proven yet', async () => {
  await withShop(async (shop) => {
    const cut = await shop.orders(...FIRST)
    await expect(proveModel({ reader: shop.reader, ...PROOF })).rejects.toMatchObject({ code: 'PROOF_NOT_LIVE', retry: 'backoff' })
    await shop.publish(cut, RIGHT)
    await expect(proveModel({ reader: shop.reader, ...PROOF, cut: cut - 1 })).rejects.toMatchObject({ code: 'PROOF_NOT_LIVE' })
    const edited = MODELS.map((model) => ({ ...model, fingerprint: 'as it is now' }))
    await expect(proveModel({ reader: shop.reader, models: edited, model: 'totals' })).rejects.toMatchObject({ code: 'PROOF_NOT_LIVE' })
    const models = [...MODELS, { name: 'new', sql: 'from totals' }]
    await expect(proveModel({ reader: shop.reader, models, model: 'new' })).rejects.toMatchObject({ code: 'PROOF_NOT_LIVE' })
  })
})

test('a proof in a thread gives the same, and its errors keep their code', async () => {
  await withShop(async (shop, storePath) => {
    const cut = await shop.orders(...FIRST)
    await shop.publish(cut, [RIGHT[0]!])
    const [here, there] = [await proveModel({ reader: shop.reader, ...PROOF }), await proveInThread({ storePath, ...PROOF })]
    expect({ ...there, ms: 0 }).toEqual({ ...here, ms: 0 })
    const failure = await proveInThread({ storePath, models: [], model: 'totals' }).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'STREAM_UNKNOWN', details: { name: 'totals' } })
    expect((failure as MillraceError).hint).toContain('millrace status')
  })
})

test('law 8: a proof in a thread ends when its signal aborts, and leaves nothing behind', async () => {
  await withShop(async (shop, storePath) => {
    const many = Array.from({ length: 50_000 }, (_, id): Change => ['insert', [id, `customer ${id}`, id]])
    const cut = await shop.orders(...many)
    await shop.publish(cut, RIGHT)
    const stop = new AbortController()
    const proof = proveInThread({ storePath, ...PROOF, signal: stop.signal })
    setTimeout(() => stop.abort(new Error('enough')), 150)
    await expect(proof).rejects.toThrow('enough')
    await expect(proveInThread({ storePath, ...PROOF, signal: stop.signal })).rejects.toThrow('enough')
  })
})
