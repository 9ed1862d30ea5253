import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import type { MillraceError } from '@millrace/base'
import type { LogReader, Type } from '@millrace/core'
import type { Store } from '@millrace/store'
import { queryLog, type QueryRequest, type QueryResult } from './query-log.ts'
import { appendOf, batchOf, schemaOf, withStore, writeStream } from './testing/test-store.ts'

const INT: Type = { kind: 'int64' }
const TEXT: Type = { kind: 'text' }
const ORDERS = schemaOf({ id: INT, customer: TEXT, total: { kind: 'decimal', width: 12, scale: 2 } }, ['id'])
const TOTALS = schemaOf({ customer: TEXT, orders: INT }, ['customer'])

/** Two orders, one of them then changed and one deleted, and a live model that saw the first commit only. */
async function withShop<Result>(
  use: (
    ask: (sql: string, more?: Partial<QueryRequest>) => Promise<QueryResult>,
    log: { store: Store; reader: LogReader; first: number },
  ) => Promise<Result>,
): Promise<Result> {
  return withStore(async (store, reader) => {
    const first = await writeStream(store, { name: 'shop.orders', schema: ORDERS }, [
      { operation: 'insert', after: [1, 'ann', 1050] },
      { operation: 'insert', after: [2, 'bob', 300] },
    ])
    const model = batchOf(TOTALS, [{ operation: 'insert', after: ['ann', 1] }], { transaction: first })
    await store.commit({
      streams: [{ name: 'order_counts', kind: 'model', schema: TOTALS, partitions: 1 }],
      appends: [{ ...appendOf('order_counts', model), asOf: first }],
    })
    const later = batchOf(
      ORDERS,
      [
        { operation: 'update', after: [1, 'ann', 9900], before: [1, 'ann', 1050] },
        { operation: 'delete', after: [2, undefined, undefined] },
      ],
      { transaction: 7 },
    )
    await store.commit({ appends: [appendOf('shop.orders', later)] })
    return use((sql, more) => queryLog({ reader, sql, ...more }), { store, reader, first })
  })
}

test('streams and live models are read together, at the newest cut or at the one asked for', async () => {
  await withShop(async (ask, { first }) => {
    const sql = 'select o.id, o.total, c.orders from shop.orders o left join order_counts c using (customer) order by o.id'
    const now = await ask(sql)
    expect(now.rows).toEqual([[1, 9900, 1]])
    expect(now.columns).toEqual([
      { name: 'id', type: INT, sqlType: 'BIGINT' },
      { name: 'total', type: { kind: 'decimal', width: 12, scale: 2 }, sqlType: 'DECIMAL(12,2)' },
      { name: 'orders', type: INT, sqlType: 'BIGINT' },
    ])
    const then = await ask(sql, { cut: first })
    expect(then.cut).toBe(first)
    expect(then.rows).toEqual([
      [1, 1050, null],
      [2, 300, null],
    ])
  })
})

test('a stream’s history tells each change with its place, its identity and the row before', async () => {
  await withShop(async (ask) => {
    const { rows } = await ask(
      'select _position, _operation, _transaction, _index, id, total, _before_total, _committed_at is not null, _untold from shop.orders__changes order by _position',
    )
    expect(rows).toEqual([
      [0, 'insert', 1, 0, 1, 1050, null, true, null],
      [1, 'insert', 1, 1, 2, 300, null, true, null],
      [2, 'update', 7, 0, 1, 9900, 1050, true, null],
      [3, 'delete', 7, 1, 2, null, null, true, '["customer","total"]'],
    ])
  })
})

test('only what the query mentions is read', async () => {
  await withShop(async (ask) => {
    expect((await ask('select 1')).changes).toBe(0)
    expect((await ask('select * from order_counts')).changes).toBe(1)
    expect((await ask('select count(*) from SHOP.Orders')).changes).toBe(4)
    expect((await ask('with o as (from shop.orders) select count(*) from o where exists (from order_counts)')).changes).toBe(5)
  })
})

test.each([
  ['select count(*) from shop.orders', [[1]]],
  ['select sum(total) from shop.orders', [[9900]]],
  ['from shop.orders', [[1, 'ann', 9900]]],
  ['select o from shop.orders o', [['{"id":1,"customer":"ann","total":"99.00"}']]],
  ['select b from shop.orders as o(a, b, c)', [['ann']]],
  ['select total from shop.orders natural join order_counts', [[9900]]],
  ["select columns('c.*') from shop.orders", [['ann']]],
  ['select customer from shop.orders union all select customer from order_counts', [['ann'], ['ann']]],
])('%s has the same answer although only named columns are loaded', async (sql, rows) => {
  await withShop(async (ask) => expect((await ask(sql)).rows).toEqual(rows))
})

test('a limit ends the answer and says that there is more', async () => {
  await withShop(async (ask) => {
    const some = await ask('from range(5000)', { limit: 3 })
    expect([some.rows.length, some.more]).toEqual([3, true])
    const all = await ask('from range(3)', { limit: 3 })
    expect([all.rows.length, all.more]).toEqual([3, false])
  })
})

test('what has no type of ours is told as text; lists, structs and maps are JSON', async () => {
  await withShop(async (ask) => {
    const { columns, rows } = await ask(
      "select '101'::bit as bits, map([1], [2]) as pairs, [1.5, null] as list, {'a b': interval 2 day} as pause",
    )
    expect(columns.map((column) => [column.type.kind, column.sqlType])).toEqual([
      ['text', 'BIT'],
      ['map', 'MAP(INTEGER, INTEGER)'],
      ['list', 'DECIMAL(2,1)[]'],
      ['struct', 'STRUCT("a b" INTERVAL)'],
    ])
    expect(rows).toEqual([['101', '[{"key":1,"value":2}]', '["1.5",null]', '{"a b":"2 days"}']])
  })
})

test('a model that has published nothing yet is empty', async () => {
  await withShop(async (ask) => {
    const { rows } = await ask('select count(*) from later_model', { models: [{ name: 'later_model', schema: TOTALS }] })
    expect(rows).toEqual([[0]])
  })
})

const failureOf = (answer: Promise<unknown>): Promise<MillraceError> =>
  answer.then(
    () => {
      throw new Error('it was answered')
    },
    (error: MillraceError) => error,
  )

test.each([
  ['select nme\nfrom shop.orders', 1, 8, 'Referenced column "nme" not found'],
  ['select id\nfrom shop.ordres', 2, 6, 'there is no stream or model ordres; did you mean shop.orders?'],
  ['select *\nfrom zzzzzzzz', 2, 6, 'there is no stream or model zzzzzzzz.'],
  ['select id\nfrm x where', 2, 5, 'syntax error'],
  ['drop table shop.orders', 1, 1, 'it must be a SELECT'],
  ['select 1; select 2', 1, 1, 'there must be one SELECT statement'],
])('law 9: %s is refused with its place', async (sql, line, column, problem) => {
  await withShop(async (ask) => {
    const error = await failureOf(ask(sql))
    expect(error.code).toBe('QUERY_INVALID')
    expect(error.details).toMatchObject({ line, column })
    expect(error.message).toContain(problem)
    if (column > 1) expect(error.frame?.split('\n').at(-1)).toBe(`  | ${' '.repeat(column - 1)}^`)
  })
})

test('law 9: a row without an answer fails the query and names the guard', async () => {
  await withShop(async (ask) => {
    const error = await failureOf(ask('select cast(customer as integer) from shop.orders'))
    expect(error.code).toBe('QUERY_FAILED')
    expect(error.hint).toContain('TRY_CAST')
  })
})

test('law 10: a query reaches no file', async () => {
  await withShop(async (ask) => {
    const error = await failureOf(ask("from read_text('/etc/hostname')"))
    expect(error.code).toBe('QUERY_INVALID')
    expect(error.message).toContain('disabled by configuration')
  })
})

test('nothing is left in the temporary folder', async () => {
  const spills = async (): Promise<string[]> =>
    (await readdir(tmpdir())).filter((name) => name.startsWith(`millrace-batch-${process.pid}-`))
  await withShop(async (ask) => {
    await ask('from shop.orders')
    await failureOf(ask('select nothing from shop.orders'))
  })
  expect(await spills()).toEqual([])
})
