import { expect, test } from 'vitest'
import type { MillraceError } from '@millrace/base'
import { DATE_INFINITY, TIMESTAMP_INFINITY, type Type, type Value } from '@millrace/core'
import { runModel } from './run-model.ts'
import { openSnapshot, type SnapshotOptions } from './snapshot.ts'
import { appendOf, batchOf, schemaOf, withStore, writeStream } from './testing/test-store.ts'

const INT: Type = { kind: 'int64' }
const TEXT: Type = { kind: 'text' }
const KEYED = schemaOf({ id: INT, note: TEXT }, ['id'])

/** The rows of a stream in the order of the given SQL. */
async function rowsOf(options: SnapshotOptions, sql: string): Promise<(readonly Value[])[]> {
  const snapshot = await openSnapshot(options)
  try {
    const relation = await runModel({ snapshot, model: { name: 'answer', sql }, models: [] })
    const rows: (readonly Value[])[] = []
    for await (const row of relation.rows()) rows.push(row)
    return rows
  } finally {
    await snapshot.close()
  }
}

const decimal = (width: number, scale: number): Type => ({ kind: 'decimal', width, scale })
const nines = (digits: number): bigint => 10n ** BigInt(digits) - 1n

/** Per type the values that are most easily bent on the way. */
const EDGES: readonly (readonly [string, Type, readonly Value[]])[] = [
  ['boolean', { kind: 'boolean' }, [true, false]],
  ['int8', { kind: 'int8' }, [-128, 127]],
  ['int16', { kind: 'int16' }, [-32_768, 32_767]],
  ['int32', { kind: 'int32' }, [-2_147_483_648, 2_147_483_647]],
  ['int64 within 2^53', INT, [-9_007_199_254_740_991, 9_007_199_254_740_991, -4_294_967_296, 4_294_967_295, -1]],
  ['int64 beyond 2^53', INT, [-9_223_372_036_854_775_808n, 9_223_372_036_854_775_807n, 9_007_199_254_740_993n, 5]],
  ['hugeint within 2^53', { kind: 'hugeint' }, [-9_007_199_254_740_991, 9_007_199_254_740_991, -1]],
  ['hugeint beyond 2^53', { kind: 'hugeint' }, [-170_141_183_460_469_231_731_687_303_715_884_105_727n, 2n ** 126n, -(2n ** 64n), -3]],
  ['uint8', { kind: 'uint8' }, [0, 255]],
  ['uint16', { kind: 'uint16' }, [0, 65_535]],
  ['uint32', { kind: 'uint32' }, [0, 4_294_967_295]],
  ['uint64', { kind: 'uint64' }, [0, 18_446_744_073_709_551_615n]],
  ['decimal of 4 digits', decimal(4, 2), [-9999, 9999]],
  ['decimal of 9 digits', decimal(9, 2), [-999_999_999, 999_999_999]],
  ['decimal of 18 digits', decimal(18, 3), [-nines(18), nines(18), -1]],
  ['decimal of 38 digits', decimal(38, 10), [-nines(38), nines(38), -1, 2n ** 64n]],
  ['float32', { kind: 'float32' }, [1.5, -0, Number.NaN, Infinity, -Infinity]],
  ['float64', { kind: 'float64' }, [0.1, -0, 5e-324, 1.797_693_134_862_315_7e308, Number.NaN, Infinity, -Infinity]],
  ['text', TEXT, ['', 'é😀', 'a\0b', 'twelve bytes', 'thirteen byte', 'éééééé and more', 'long, with a \0 in it']],
  ['bytes', { kind: 'bytes' }, [new Uint8Array(0), new Uint8Array([0, 255]), new Uint8Array(100).fill(7)]],
  [
    'uuid',
    { kind: 'uuid' },
    ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff', '80000000-0000-4000-8000-000000000001'],
  ],
  ['json', { kind: 'json' }, ['{"a": 1.50}', 'null', '"x"']],
  ['date', { kind: 'date' }, [0, -1_000_000, DATE_INFINITY, -DATE_INFINITY]],
  ['time', { kind: 'time' }, [0, 86_399_999_999, 86_400_000_000]],
  ['timestamp', { kind: 'timestamp' }, [0, -90_000_000_000_000_000n, TIMESTAMP_INFINITY, -TIMESTAMP_INFINITY]],
  ['timestamptz', { kind: 'timestamptz' }, [0, -90_000_000_000_000_000n, TIMESTAMP_INFINITY, -TIMESTAMP_INFINITY]],
]

test.each([
  ['keyed', ['n']],
  ['keyless', []],
])('law 3: in a %s stream the values of every type come back as they went in, and NULL as NULL', async (_, key) => {
  await withStore(async (store, reader) => {
    for (const [at, [, type, edges]] of EDGES.entries()) {
      const inserted = [...edges, null].map((value, n) => ({ operation: 'insert' as const, after: [n, value] }))
      // A keyless stream is counted only where something was removed.
      const removed = [
        { operation: 'insert' as const, after: [-1, null] },
        { operation: 'delete' as const, after: [-1, null] },
      ]
      await writeStream(store, { name: `shop.edge${at}`, schema: schemaOf({ n: INT, v: type }, key) }, inserted, removed)
    }
    const streams = EDGES.map((__, at) => `shop.edge${at}`)
    const snapshot = await openSnapshot({ reader, streams, cut: reader.cut() })
    for (const [at, [name, , edges]] of EDGES.entries()) {
      const relation = await runModel({ snapshot, model: { name, sql: `select v from shop.edge${at} order by n` }, models: [] })
      const values: unknown[] = []
      for await (const [value] of relation.rows()) values.push(value)
      expect(values, name).toEqual([...edges, null])
    }
    await snapshot.close()
  })
})

test('a value that its type cannot hold is refused, not wrapped', async () => {
  await withStore(async (store, reader) => {
    const cut = await writeStream(store, { name: 'shop.small', schema: schemaOf({ v: decimal(4, 2) }) }, [
      { operation: 'insert', after: [10_000] },
    ])
    await expect(openSnapshot({ reader, streams: ['shop.small'], cut })).rejects.toThrow('a value of the stream fits its declared type')
  })
})

test('law 3: a cut shows what was visible at it and nothing later', async () => {
  await withStore(async (store, reader) => {
    const first = await writeStream(store, { name: 'shop.a', schema: KEYED }, [{ operation: 'insert', after: [1, 'one'] }])
    await store.commit({ appends: [appendOf('shop.a', batchOf(KEYED, [{ operation: 'update', after: [1, 'uno'] }], { transaction: 2 }))] })
    const at = (cut: number): Promise<unknown> => rowsOf({ reader, streams: ['shop.a'], cut }, 'select note from shop.a')
    expect(await at(first)).toEqual([['one']])
    expect(await at(first + 1)).toEqual([['uno']])
  })
})

test('a cell that was not told keeps the last value of its row, also after the row moved to another key', async () => {
  await withStore(async (store, reader) => {
    const cut = await writeStream(store, { name: 'shop.a', schema: KEYED }, [
      { operation: 'insert', after: [1, 'kept'] },
      { operation: 'insert', after: [2, 'other'] },
      { operation: 'update', after: [9, undefined], before: [1, undefined] },
      { operation: 'insert', after: [1, 'a newcomer'] },
      { operation: 'update', after: [9, undefined] },
      { operation: 'update', after: [10, undefined], before: [9, undefined] },
      { operation: 'delete', after: [2, undefined] },
      { operation: 'update', after: [2, undefined], before: [10, undefined] },
    ])
    expect(await rowsOf({ reader, streams: ['shop.a'], cut }, 'select * from shop.a order by id')).toEqual([
      [1, 'a newcomer'],
      [2, 'kept'],
    ])
  })
})

test('a truncation removes what came before it and nothing after', async () => {
  await withStore(async (store, reader) => {
    for (const [name, key] of [
      ['shop.keyed', ['id']],
      ['shop.bag', []],
    ] as const) {
      await writeStream(store, { name, schema: schemaOf({ id: INT, note: TEXT }, key) }, [
        { operation: 'insert', after: [1, 'before'] },
        { operation: 'truncate', after: [undefined, undefined] },
        { operation: 'insert', after: [2, 'after'] },
      ])
      expect(await rowsOf({ reader, streams: [name], cut: reader.cut() }, `select * from ${name}`)).toEqual([[2, 'after']])
    }
  })
})

test('changes of a stream with several partitions are applied in the order of the source', async () => {
  await withStore(async (store, reader) => {
    await store.commit({ streams: [{ name: 'shop.a', kind: 'table', schema: KEYED, partitions: 2 }] })
    const one = (partition: number, index: number, change: Parameters<typeof batchOf>[1][number]) =>
      appendOf('shop.a', batchOf(KEYED, [change], { index }), partition)
    const { cut } = await store.commit({
      appends: [
        one(0, 1, { operation: 'update', after: [2, 'moved'], before: [1, undefined] }),
        one(1, 0, { operation: 'insert', after: [1, 'first'] }),
        one(1, 2, { operation: 'insert', after: [1, 'third'] }),
      ],
    })
    expect(await rowsOf({ reader, streams: ['shop.a'], cut }, 'select * from shop.a order by id')).toEqual([
      [1, 'third'],
      [2, 'moved'],
    ])
  })
})

test('rows from before a change of schema are read under the newest schema', async () => {
  await withStore(async (store, reader) => {
    await writeStream(store, { name: 'shop.a', schema: schemaOf({ id: { kind: 'int32' }, price: decimal(6, 1), gone: TEXT }, ['id']) }, [
      { operation: 'insert', after: [1, 15, 'x'] },
      { operation: 'insert', after: [2, 25, 'y'] },
    ])
    const cut = await writeStream(store, { name: 'shop.a', schema: schemaOf({ id: INT, added: TEXT, price: decimal(10, 3) }, ['id']) }, [
      { operation: 'update', after: [1, 'new', 1750] },
    ])
    expect(await rowsOf({ reader, streams: ['shop.a'], cut }, 'select * from shop.a order by id')).toEqual([
      [1, 'new', 1750],
      [2, null, 2500],
    ])
  })
})

test('law 9: rows that the newest schema cannot hold are an error that names the stream', async () => {
  await withStore(async (store, reader) => {
    await writeStream(store, { name: 'shop.a', schema: KEYED }, [{ operation: 'insert', after: [1, 'no number'] }])
    const cut = await writeStream(store, { name: 'shop.a', schema: schemaOf({ id: INT, note: INT }, ['id']) }, [
      { operation: 'insert', after: [2, 7] },
    ])
    const failure = openSnapshot({ reader, streams: ['shop.a'], cut })
    await expect(failure).rejects.toMatchObject({ code: 'BATCH_FAILED', details: { relation: 'shop.a' } })
  })
})

test('rows of a shape that a truncation has taken away need not fit the newest schema', async () => {
  await withStore(async (store, reader) => {
    await writeStream(store, { name: 'shop.a', schema: KEYED }, [{ operation: 'insert', after: [1, 'no number'] }])
    const schema = schemaOf({ id: INT, note: INT }, ['id'])
    const cut = await writeStream(store, { name: 'shop.a', schema }, [
      { operation: 'truncate', after: [undefined, undefined] },
      { operation: 'insert', after: [2, 7] },
    ])
    expect(await rowsOf({ reader, streams: ['shop.a'], cut }, 'select * from shop.a')).toEqual([[2, 7]])
  })
})

test('only the asked columns are loaded, and the key with them', async () => {
  await withStore(async (store, reader) => {
    const schema = schemaOf({ id: INT, note: TEXT, blob: { kind: 'bytes' } }, ['id'])
    const cut = await writeStream(store, { name: 'shop.a', schema }, [{ operation: 'insert', after: [1, 'x', new Uint8Array(9)] }])
    const snapshot = await openSnapshot({ reader, streams: [{ stream: 'shop.a', columns: ['NOTE'] }], cut })
    expect(snapshot.schemaOf('shop.a')?.columns.map((column) => column.name)).toEqual(['id', 'note'])
    await snapshot.close()
  })
})

test('a keyless row that is removed more often than it was added is an error, not a relation', async () => {
  await withStore(async (store, reader) => {
    const cut = await writeStream(store, { name: 'shop.bag', schema: schemaOf({ v: INT }) }, [
      { operation: 'insert', after: [1] },
      { operation: 'delete', after: [1] },
      { operation: 'delete', after: [1] },
    ])
    await expect(openSnapshot({ reader, streams: ['shop.bag'], cut })).rejects.toMatchObject({ code: 'BATCH_HISTORY_INCOMPLETE' })
  })
})

test('a keyless change that does not tell its whole row is an error', async () => {
  await withStore(async (store, reader) => {
    const cut = await writeStream(store, { name: 'shop.bag', schema: schemaOf({ v: INT, w: INT }) }, [
      { operation: 'insert', after: [1, 2] },
      { operation: 'delete', after: [1, undefined] },
    ])
    await expect(openSnapshot({ reader, streams: ['shop.bag'], cut })).rejects.toMatchObject({ code: 'BATCH_HISTORY_INCOMPLETE' })
  })
})

test('a stream whose oldest changes were dropped is not rebuilt from the rest', async () => {
  await withStore(async (store, reader) => {
    const cut = await writeStream(
      store,
      { name: 'shop.a', schema: KEYED },
      [{ operation: 'insert', after: [1, 'x'] }],
      [{ operation: 'insert', after: [2, 'y'] }],
    )
    await store.applyRetention([{ stream: 'shop.a', olderThanMs: -60_000 }])
    const failure = await openSnapshot({ reader, streams: ['shop.a'], cut }).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'BATCH_HISTORY_TRIMMED' })
    expect((failure as MillraceError).hint).toContain('streams.shop.a.retentionHours')
  })
})

test('law 8: loading ends at once when its signal aborts', async () => {
  await withStore(async (store, reader) => {
    const rows = Array.from({ length: 20_000 }, (_, id) => ({
      operation: 'insert' as const,
      after: [id, 'some text that has to be copied'],
    }))
    const cut = await writeStream(store, { name: 'shop.a', schema: KEYED }, rows, rows, rows, rows, rows, rows)
    const stop = new AbortController()
    const opened = openSnapshot({
      reader,
      streams: ['shop.a'],
      cut,
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('enough')),
    })
    await expect(opened).rejects.toThrow('enough')
  })
})
