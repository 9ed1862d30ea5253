import { expect, test } from 'vitest'
import type { Type, Value } from '@millrace/core'
import type { ModelSource } from '@millrace/sql'
import { type BatchRequest, readsOfModel, runBatch } from './run-model.ts'
import { schemaOf, withStore, writeStream } from './testing/test-store.ts'

const INT: Type = { kind: 'int64' }
const ORDERS = { name: 'shop.orders', schema: schemaOf({ id: INT, customer_id: INT, note: { kind: 'text' } }, ['id']) }
const CUSTOMERS = { name: 'shop.customers', schema: schemaOf({ id: INT, name: { kind: 'text' } }, ['id']) }

const MODELS: readonly ModelSource[] = [
  { name: 'busy', sql: 'select name from per_customer where orders > 1; ' },
  {
    name: 'per_customer',
    sql: 'select c.name, count(*) as orders from shop.customers c join shop.orders o on o.customer_id = c.id group by c.name -- the end',
  },
  { name: 'broken', sql: 'select from' },
  { name: 'impossible', sql: "select cast('x' || name as integer) as n from shop.customers" },
]

async function rowsOf(request: BatchRequest): Promise<(readonly Value[])[]> {
  const { snapshot, relation } = await runBatch(request)
  const rows: (readonly Value[])[] = []
  for await (const row of relation.rows()) rows.push(row)
  await snapshot.close()
  expect(relation.count).toBe(rows.length)
  return rows
}

test('law 3: a model that reads a model is computed from the streams alone', async () => {
  await withStore(async (store, reader) => {
    await writeStream(store, CUSTOMERS, [
      { operation: 'insert', after: [1, 'ann'] },
      { operation: 'insert', after: [2, 'bob'] },
    ])
    const cut = await writeStream(store, ORDERS, [
      { operation: 'insert', after: [10, 1, 'x'] },
      { operation: 'insert', after: [11, 1, 'y'] },
      { operation: 'insert', after: [12, 2, 'z'] },
    ])
    // What a live model published is there under its name, wrong as it may be, and takes no part.
    await store.commit({
      streams: [{ name: 'per_customer', kind: 'model', schema: schemaOf({ name: { kind: 'text' }, orders: INT }), partitions: 1 }],
    })
    expect(await rowsOf({ reader, model: 'busy', models: MODELS, cut })).toEqual([['ann']])
    expect(await rowsOf({ reader, model: 'busy', models: MODELS, cut: cut - 1 })).toEqual([])
  })
})

test('a model needs the streams under it, and of them only the columns that its SQL names', async () => {
  await withStore(async (store, reader) => {
    await writeStream(store, CUSTOMERS)
    await writeStream(store, ORDERS)
    const reads = await readsOfModel({ reader, model: 'busy', models: MODELS })
    expect(reads.models.map((model) => model.name)).toEqual(['per_customer'])
    expect(
      reads.streams
        .map((read) => [read.stream, read.columns?.includes('customer_id'), read.columns?.includes('note')])
        .sort((left, right) => String(left[0]).localeCompare(String(right[0]))),
    ).toEqual([
      ['shop.customers', true, false],
      ['shop.orders', true, false],
    ])
  })
})

test('law 9: SQL that cannot be read, and a row without an answer, are told apart', async () => {
  await withStore(async (store, reader) => {
    await writeStream(store, CUSTOMERS, [{ operation: 'insert', after: [1, 'ann'] }])
    await expect(runBatch({ reader, model: 'broken', models: MODELS })).rejects.toMatchObject({ code: 'QUERY_INVALID' })
    await expect(runBatch({ reader, model: 'impossible', models: MODELS })).rejects.toMatchObject({
      code: 'BATCH_FAILED',
      details: { relation: 'impossible' },
    })
    await expect(runBatch({ reader, model: 'nowhere', models: MODELS })).rejects.toMatchObject({ code: 'STREAM_UNKNOWN' })
  })
})

test('a model may end with semicolons and comments', async () => {
  await withStore(async (store, reader) => {
    await writeStream(store, CUSTOMERS, [{ operation: 'insert', after: [1, 'ann'] }])
    const models = [
      { name: 'all', sql: "select id, 'a; --' as mark from shop.customers; -- all of them;\n;" },
      { name: 'marks', sql: 'select mark from "all" /* ; */;' },
    ]
    const { snapshot, relation } = await runBatch({ reader, model: 'marks', models })
    expect((await relation.columns()).map(({ values }) => values)).toEqual([['a; --']])
    await snapshot.close()
  })
})

test('law 3: maps come from the log as they are, within each other, lists and structs too', async () => {
  const tags: Type = { kind: 'map', key: { kind: 'text' }, value: INT }
  const within: Type = {
    kind: 'map',
    key: { kind: 'date' },
    value: { kind: 'struct', fields: [{ name: "it's", type: { kind: 'list', element: tags } }] },
  }
  const stream = { name: 'shop.tagged', schema: schemaOf({ id: INT, tags, within }, ['id']) }
  const rows: readonly (readonly Value[])[] = [
    [
      1,
      '[{"key":"b","value":1},{"key":"a","value":null}]',
      '[{"key":"2024-01-01","value":{"it\'s":[[{"key":"x","value":"9007199254740993"}],[],null]}}]',
    ],
    [2, '[]', '[{"key":"2024-01-02","value":null}]'],
    [3, null, null],
  ]
  await withStore(async (store, reader) => {
    await writeStream(
      store,
      stream,
      rows.map((after) => ({ operation: 'insert', after })),
    )
    const sql = 'select id, tags, within from shop.tagged order by id'
    expect(await rowsOf({ reader, model: 'all', models: [{ name: 'all', sql }] })).toEqual(rows)
    const asked = { name: 'asked', sql: "select tags['b'] as b, cardinality(within) as size from shop.tagged where id = 1" }
    expect(await rowsOf({ reader, model: 'asked', models: [asked] })).toEqual([[1, 1]])
  })
})

test('a result can be read as columns', async () => {
  await withStore(async (store, reader) => {
    await writeStream(store, CUSTOMERS, [{ operation: 'insert', after: [1, 'ann'] }])
    const { snapshot, relation } = await runBatch({ reader, model: 'all', models: [{ name: 'all', sql: 'from shop.customers' }] })
    const [ids, names] = await relation.columns()
    expect([ids?.values, names?.values]).toEqual([Float64Array.of(1), ['ann']])
    for await (const chunk of relation.chunks()) expect(chunk.map((vector) => vector.layout)).toEqual(['integer', 'text'])
    await snapshot.close()
  })
})
