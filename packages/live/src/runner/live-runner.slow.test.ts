import { MillraceError, seededRandom } from '@millrace/base'
import { changeAt, type LogWriter, type Value } from '@millrace/core'
import type { BoundModel } from '@millrace/sql'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { PublishedRelation } from '../testing/published-relation.ts'
import { ACCOUNTS, bound, CUSTOMERS, EVENTS, ITEMS, ORDER_TOTALS, ORDERS, PRODUCTS, TABLES } from '../testing/shop.ts'
import { type RowChange, ShopLog } from '../testing/shop-log.ts'
import { LiveRunner } from './live-runner.ts'

function insert(stream: { readonly name: string }, ...row: Value[]): RowChange {
  return { stream: stream.name, operation: 'insert', row }
}

function update(stream: { readonly name: string }, ...row: Value[]): RowChange {
  return { stream: stream.name, operation: 'update', row }
}

let log: ShopLog
beforeEach(async () => {
  log = await ShopLog.open(TABLES)
})
afterEach(async () => {
  await log.close()
})

function rowsOf(model: BoundModel): readonly (readonly Value[])[] {
  const byText = (left: readonly Value[], right: readonly Value[]): number => (String(left) < String(right) ? -1 : 1)
  return new PublishedRelation(model.schema).read(log.reader, model.name).rows().toSorted(byText)
}

function changesOf(model: string): readonly (readonly [string, ...unknown[]])[] {
  return [...log.reader.read(model)].flatMap((stored) => {
    const batch = stored.batch()
    return Array.from({ length: batch.count }, (_, at) => {
      const change = changeAt(batch, at)
      return [change.operation, change.operation === 'update' ? change.before : null, change.after] as const
    })
  })
}

async function shop(): Promise<number> {
  await log.push([
    insert(CUSTOMERS, 1, 'ann'),
    insert(CUSTOMERS, 2, 'bob'),
    insert(PRODUCTS, 1, 'nut', 150),
    insert(PRODUCTS, 2, 'bolt', 275),
  ])
  await log.push([insert(ORDERS, 10, 1, 'x'), insert(ORDERS, 11, 2, 'y')])
  return await log.push([insert(ITEMS, 100, 10, 1, 2), insert(ITEMS, 101, 10, 2, 3), insert(ITEMS, 102, 11, 2, 20)])
}

describe('a live model', () => {
  it('follows inserts, updates and deletes through a join of four tables', async () => {
    const models = await bound({ order_totals: ORDER_TOTALS })
    const running = log.start(models)
    await running.reach(await shop())
    expect(rowsOf(models[0] as BoundModel)).toEqual([
      [10, 'ann', 1125, 2],
      [11, 'bob', 5500, 1],
    ])
    await log.push([update(PRODUCTS, 2, 'bolt', 300)])
    await running.reach(await log.push([{ stream: ITEMS.name, operation: 'delete', row: [100, undefined, undefined, undefined] }]))
    expect(rowsOf(models[0] as BoundModel)).toEqual([
      [10, 'ann', 900, 1],
      [11, 'bob', 6000, 1],
    ])
    await running.stop()
  })

  it('tells nothing of a change that does not change its rows', async () => {
    const models = await bound({ order_totals: ORDER_TOTALS })
    const running = log.start(models)
    await running.reach(await shop())
    const before = changesOf('order_totals').length
    await running.reach(await log.push([update(ORDERS, 10, 1, 'another note'), update(PRODUCTS, 1, 'renamed', 150)]))
    expect(changesOf('order_totals')).toHaveLength(before)
    await running.stop()
  })

  it('law 3: no published total of a bank ever misses what is being moved', async () => {
    const models = await bound({ total: 'SELECT sum(balance) AS total, count(*) AS accounts FROM bank.accounts' })
    const random = seededRandom(11)
    const balances = Array.from({ length: 20 }, () => 1000)
    const running = log.start(models)
    await log.push(balances.map((balance, id) => insert(ACCOUNTS, id, balance)))
    let cut = 0
    for (let transfer = 0; transfer < 300; transfer += 1) {
      const [from, to] = [random.below(20), random.below(20)]
      balances[from] = (balances[from] as number) - 1
      const withdrawal = update(ACCOUNTS, from, balances[from])
      balances[to] = (balances[to] as number) + 1
      cut = await log.push([withdrawal, update(ACCOUNTS, to, balances[to])])
    }
    await running.reach(cut)
    const totals = changesOf('total').map(([, , after]) => after)
    expect(totals).toEqual([
      [null, 0],
      [null, 0],
      [20_000, 20],
    ])
    await running.stop()
  })

  it('law 3: an outer join never tells a row as unmatched whose match came with it', async () => {
    const models = await bound({ named: 'SELECT o.id, c.name FROM shop.orders o LEFT JOIN shop.customers c ON c.id = o.customer_id' })
    const running = log.start(models)
    let cut = 0
    for (let id = 0; id < 60; id += 1) cut = await log.push([insert(ORDERS, id, id, null), insert(CUSTOMERS, id, `c${id}`)])
    await running.reach(cut)
    cut = await log.push([update(ORDERS, 1, 2, null), { stream: CUSTOMERS.name, operation: 'delete', row: [1, undefined] }])
    await running.reach(cut)
    const names = changesOf('named')
      .flatMap(([, before, after]) => [before, after])
      .filter((row) => row !== null)
    expect(names.filter((row) => (row as Value[])[1] === null)).toEqual([])
    expect(rowsOf(models[0] as BoundModel)).toHaveLength(60)
    await running.stop()
  })

  it('of a stream without a key keeps each row as often as it is there', async () => {
    const models = await bound({ events: 'SELECT what, size + 1 AS more FROM bank.events' })
    const running = log.start(models)
    await log.push([insert(EVENTS, 'a', 1), insert(EVENTS, 'a', 1), insert(EVENTS, 'b', null)])
    await running.reach(await log.push([{ stream: EVENTS.name, operation: 'delete', row: ['a', 1] }]))
    expect(rowsOf(models[0] as BoundModel)).toEqual([
      ['a', 2],
      ['b', null],
    ])
    await running.stop()
  })

  it('of a stream of events that is read back from its saved rows is whole, also when it is new and when an event goes', async () => {
    const models = await bound({ events: 'SELECT what, size FROM bank.events', sizes: 'SELECT sum(size) AS total FROM bank.events' })
    const first = log.start(models.slice(0, 1))
    let cut = 0
    for (let part = 0; part < 3; part += 1) {
      cut = await log.push(Array.from({ length: 4000 }, (_, at) => insert(EVENTS, `event ${part}/${at}`, at)))
    }
    await first.reach(cut)
    await first.stop()
    await log.reopen()
    const second = log.start(models)
    await second.reach(cut)
    expect(rowsOf(models[1] as BoundModel)).toEqual([[3 * 7_998_000]])
    await second.reach(
      await log.push([{ stream: EVENTS.name, operation: 'delete', row: ['event 1/3999', 3999] }, insert(EVENTS, 'last', 1)]),
    )
    expect(rowsOf(models[1] as BoundModel)).toEqual([[3 * 7_998_000 - 3998]])
    expect(rowsOf(models[0] as BoundModel)).toHaveLength(12_000)
    await second.stop()
  })

  it('loses all its rows when its source is truncated, and fills again', async () => {
    const models = await bound({ notes: 'SELECT note, count(*) AS n FROM shop.orders GROUP BY note' })
    const running = log.start(models)
    await log.push([insert(ORDERS, 1, 1, 'a'), insert(ORDERS, 2, 1, 'a'), insert(ORDERS, 3, 1, 'b')])
    const truncate: RowChange = { stream: ORDERS.name, operation: 'truncate', row: [undefined, undefined, undefined] }
    await running.reach(await log.push([truncate, insert(ORDERS, 2, 1, 'b')]))
    expect(rowsOf(models[0] as BoundModel)).toEqual([['b', 1]])
    await running.stop()
  })

  it('built on a model moves with it, at the same cut', async () => {
    const models = await bound({ order_totals: ORDER_TOTALS, big: 'SELECT order_id, total FROM order_totals WHERE total > 20' })
    const running = log.start(models)
    await running.reach(await shop())
    expect(rowsOf(models[1] as BoundModel)).toEqual([[11, 5500]])
    const asOf = (model: string): readonly (number | null)[] => [...log.reader.read(model)].map((stored) => stored.asOf)
    expect(asOf('order_totals')).toEqual(expect.arrayContaining([...asOf('big')]))
    await running.stop()
  })
})

describe('a restart', () => {
  it('law 1: publishes nothing again, and goes on from the same rows', async () => {
    const models = await bound({ order_totals: ORDER_TOTALS })
    const first = log.start(models)
    await first.reach(await shop())
    await first.stop()
    const before = changesOf('order_totals')
    const second = log.start(models)
    await second.reach(await log.push([insert(ITEMS, 103, 11, 1, 1)]))
    expect(changesOf('order_totals')).toEqual([...before, ['update', [11, 'bob', 5500, 1], [11, 'bob', 5650, 2]]])
    await second.stop()
  })

  it('law 1: after a step whose commit was refused takes that step again', async () => {
    const models = await bound({ order_totals: ORDER_TOTALS })
    await shop()
    let refusals = 3
    const writer: LogWriter = {
      commit: async (set) => {
        if ((set.appends ?? []).length > 0 && refusals-- > 0) throw new MillraceError('STORE_IO', { details: { path: 'x', what: 'no' } })
        return await log.store.commit(set)
      },
    }
    const stop = new AbortController()
    const runner = new LiveRunner({ models, writer, reader: log.store.reader(), signal: log.store })
    const done = runner.run(stop.signal)
    const isThere = (): boolean => log.reader.streams().some(({ name }) => name === 'order_totals')
    while (!isThere() || rowsOf(models[0] as BoundModel).length < 2) await new Promise((resolve) => setTimeout(resolve, 5))
    expect(refusals).toBe(-1)
    expect(runner.observe()[0]).toMatchObject({ phase: 'running', error: null })
    stop.abort()
    await done
  })

  it('law 1: loses nothing that waited for the commit before it when it is stopped', async () => {
    const models = await bound({ notes: 'SELECT note, count(*) AS n FROM shop.orders GROUP BY note' })
    const gate = { opened: Promise.withResolvers<void>(), waiting: 0, isShut: false }
    const writer: LogWriter = {
      commit: async (set) => {
        gate.waiting += 1
        if (gate.isShut) await gate.opened.promise
        return await log.store.commit(set)
      },
    }
    const stop = new AbortController()
    const runner = new LiveRunner({ models, writer, reader: log.store.reader(), signal: log.store })
    const done = runner.run(stop.signal)
    const until = async (holds: () => boolean): Promise<void> => {
      while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2))
    }
    const hasSeen = (cut: number): boolean => Number(runner.observe()[0]?.evidence['cut']) >= cut
    const first = await log.push([insert(ORDERS, 1, 1, 'a')])
    await until(() => runner.observe()[0]?.phase === 'running' && hasSeen(first) && runner.observe()[0]?.evidence['committing'] === false)
    gate.isShut = true
    const before = gate.waiting
    await log.push([insert(ORDERS, 2, 1, 'b')])
    await until(() => gate.waiting > before)
    const last = await log.push([insert(ORDERS, 3, 1, 'c')])
    await until(() => hasSeen(last))
    stop.abort()
    gate.opened.resolve()
    await done
    const again = log.start(models)
    await again.reach(last)
    expect(rowsOf(models[0] as BoundModel)).toEqual([
      ['a', 1],
      ['b', 1],
      ['c', 1],
    ])
    await again.stop()
  })

  it('law 6: a commit that is refused for good ends the runner, though nothing else happens', async () => {
    const models = await bound({ order_totals: ORDER_TOTALS })
    await shop()
    const refused = new MillraceError('STORE_CORRUPT', { details: { path: 'x', what: 'no' } })
    const writer: LogWriter = { commit: (set) => ((set.appends ?? []).length > 0 ? Promise.reject(refused) : log.store.commit(set)) }
    const stop = new AbortController()
    const runner = new LiveRunner({ models, writer, reader: log.store.reader(), signal: log.store })
    await expect(runner.run(stop.signal)).rejects.toBe(refused)
  })

  it('forgets nothing of what was saved when it is stopped while it starts', async () => {
    const models = await bound({ order_totals: ORDER_TOTALS })
    const first = log.start(models)
    await first.reach(await shop())
    await first.stop()
    const saved = log.reader.progress('live')
    await log.start(models).stop()
    expect(log.reader.progress('live')).toEqual(saved)
  })
})

describe('a changed model', () => {
  it('publishes the difference to what its stream holds', async () => {
    const first = log.start(await bound({ notes: 'SELECT id, note FROM shop.orders' }))
    await log.push([insert(ORDERS, 1, 1, 'a'), insert(ORDERS, 2, 2, 'b'), insert(ORDERS, 3, 2, 'c')])
    await first.reach(log.reader.cut())
    await first.stop()
    const before = changesOf('notes').length
    const models = await bound({ notes: "SELECT id, CASE id WHEN 2 THEN 'B' ELSE note END AS note FROM shop.orders WHERE id < 3" })
    const second = log.start(models)
    await second.reach(log.reader.cut())
    expect(changesOf('notes').slice(before)).toEqual(
      expect.arrayContaining([
        ['update', [2, 'b'], [2, 'B']],
        ['delete', null, [3, 'c']],
      ]),
    )
    expect(changesOf('notes')).toHaveLength(before + 2)
    await second.reach(await log.push([insert(ORDERS, 0, 1, 'z')]))
    expect(rowsOf(models[0] as BoundModel)).toEqual([
      [0, 'z'],
      [1, 'a'],
      [2, 'B'],
    ])
    await second.stop()
  })

  it('with other columns takes its old rows away first, in the same cut', async () => {
    const first = log.start(await bound({ notes: 'SELECT id, note FROM shop.orders' }))
    await first.reach(await log.push([insert(ORDERS, 1, 1, 'a')]))
    await first.stop()
    const models = await bound({ notes: 'SELECT id, customer_id FROM shop.orders' })
    const second = log.start(models)
    await second.reach(log.reader.cut())
    const cuts = [...log.reader.read('notes')].map((stored) => stored.cut)
    expect(cuts.at(-1)).toBe(cuts.at(-2))
    expect(rowsOf(models[0] as BoundModel)).toEqual([[1, 1]])
    await second.stop()
  })

  it('leaves the models beside it as they are', async () => {
    const notes = 'SELECT id, note FROM shop.orders'
    const first = log.start(await bound({ notes, order_totals: ORDER_TOTALS }))
    await first.reach(await shop())
    await first.stop()
    const before = changesOf('order_totals')
    const second = log.start(await bound({ notes: `${notes} WHERE id = 10`, order_totals: ORDER_TOTALS }))
    await second.reach(log.reader.cut())
    expect(changesOf('order_totals')).toEqual(before)
    expect(changesOf('notes').at(-1)).toEqual(['delete', null, [11, 'y']])
    await second.stop()
  })

  it('that is new is filled from the rows that are there, with columns that no model read before', async () => {
    const first = log.start(await bound({ ids: 'SELECT id FROM shop.orders' }))
    await first.reach(await shop())
    await first.stop()
    const models = await bound({
      ids: 'SELECT id FROM shop.orders',
      notes: 'SELECT note, count(*) AS n FROM shop.orders GROUP BY note',
      above: 'SELECT max(id) AS top FROM ids',
    })
    const second = log.start(models)
    await second.reach(await log.push([insert(ORDERS, 12, 1, 'y')]))
    const rows = Object.fromEntries(models.map((model) => [model.name, rowsOf(model)]))
    expect(rows).toEqual({
      ids: [[10], [11], [12]],
      notes: [
        ['x', 1],
        ['y', 2],
      ],
      above: [[12]],
    })
    await second.stop()
  })

  it('that is gone leaves no saved rows behind', async () => {
    const first = log.start(await bound({ notes: 'SELECT id, note FROM shop.orders', names: 'SELECT name FROM shop.customers' }))
    await first.reach(await shop())
    await first.stop()
    expect([...log.reader.segments('live:shop.customers')]).not.toEqual([])
    const second = log.start(await bound({ notes: 'SELECT id, note FROM shop.orders' }))
    await second.reach(await log.push([insert(ORDERS, 12, 1, 'z')]))
    expect([...log.reader.segments('live:shop.customers')]).toEqual([])
    await second.stop()
  })
})

describe('a model without an answer', () => {
  it('law 9: stands still with its place in the SQL while the others go on, and heals with its rows', async () => {
    const models = await bound({
      broken: 'SELECT id, size FROM (SELECT id, (customer_id * 9223372036854775807)::BIGINT AS size FROM shop.orders)',
      above: 'SELECT count(*) AS n FROM broken',
      ids: 'SELECT id FROM shop.orders',
    })
    const running = log.start(models)
    await running.reach(await log.push([insert(ORDERS, 1, 1, null)]))
    await running.reach(await log.push([insert(ORDERS, 2, 2, null)]))
    const observed = Object.fromEntries(running.runner.observe().map((one) => [one.name, one]))
    expect(observed['ids']).toMatchObject({ phase: 'running', error: null })
    expect(observed['broken']?.error).toMatchObject({ code: 'LIVE_EVALUATION', details: { model: 'broken', line: 1 } })
    expect(observed['above']?.error?.code).toBe('LIVE_EVALUATION')
    expect(log.reader.progress('live')?.state['models']).toEqual({ ids: models.find((model) => model.name === 'ids')?.fingerprint })
    const cut = await log.push([update(ORDERS, 2, 1, null)])
    while (running.runner.observe().some(({ phase }) => phase !== 'running')) await new Promise((resolve) => setTimeout(resolve, 20))
    await running.reach(cut)
    expect(rowsOf(models.find((model) => model.name === 'above') as BoundModel)).toEqual([[2]])
    await running.stop()
  }, 20_000)
})

describe('a log that retention has cut', () => {
  it('fills no model from a history that is not whole, and says so', async () => {
    await shop()
    await log.push([insert(ORDERS, 12, 1, 'late')])
    await new Promise((resolve) => setTimeout(resolve, 20))
    await log.store.applyRetention([{ stream: ORDERS.name, olderThanMs: 1 }])
    const models = await bound({ notes: 'SELECT id, note FROM shop.orders', names: 'SELECT id, name FROM shop.customers' })
    const running = log.start(models)
    await running.reach(await log.push([insert(CUSTOMERS, 3, 'eve')]))
    const observed = Object.fromEntries(running.runner.observe().map((one) => [one.name, one]))
    expect(observed['notes']).toMatchObject({ phase: 'failed', error: { code: 'LIVE_HISTORY_TRIMMED' } })
    expect(observed['names']).toMatchObject({ phase: 'running' })
    await running.stop()
  })
})

describe('a stream that changes under its models', () => {
  it('with a new column goes on', async () => {
    const models = await bound({ notes: 'SELECT id, note FROM shop.orders' })
    const running = log.start(models)
    await running.reach(await log.push([insert(ORDERS, 1, 1, 'a')]))
    const wider = {
      ...ORDERS,
      schema: { ...ORDERS.schema, columns: [...ORDERS.schema.columns, { name: 'more', type: { kind: 'text' as const }, nullable: true }] },
    }
    await log.redefine(wider)
    await running.reach(await log.push([insert(ORDERS, 2, 1, 'b', 'new')]))
    expect(rowsOf(models[0] as BoundModel)).toEqual([
      [1, 'a'],
      [2, 'b'],
    ])
    await running.stop()
  })

  it('law 4: of a type that became wider stops the readers that were bound to the narrower one', async () => {
    const running = log.start(await bound({ ids: 'SELECT id FROM shop.orders' }))
    await running.reach(await log.push([insert(ORDERS, 1, 1, 'a')]))
    const columns = ORDERS.schema.columns.map((column) =>
      column.name === 'id' ? { ...column, type: { kind: 'hugeint' as const } } : column,
    )
    const wider = { ...ORDERS, schema: { ...ORDERS.schema, columns } }
    await log.redefine(wider)
    await running.reach(await log.push([insert(wider, 2, 1, 'b')]))
    const observed = Object.fromEntries(running.runner.observe().map((one) => [one.name, one]))
    expect(observed['ids']).toMatchObject({ phase: 'failed', error: { code: 'LIVE_SCHEMA_CHANGED', details: { column: 'id' } } })
    await running.stop()
  })

  it('law 4: without a column that is read stops its readers alone, and goes on once they are mended', async () => {
    const beside = 'SELECT id, name FROM shop.customers'
    const models = await bound({ notes: 'SELECT id, note FROM shop.orders', names: beside })
    const running = log.start(models)
    await running.reach(await log.push([insert(ORDERS, 1, 1, 'a'), insert(CUSTOMERS, 1, 'ann')]))
    await log.redefine({ ...ORDERS, schema: { ...ORDERS.schema, columns: ORDERS.schema.columns.slice(0, 2) } })
    await running.reach(await log.push([insert(ORDERS, 2, 1), insert(CUSTOMERS, 2, 'bob')]))
    const observed = Object.fromEntries(running.runner.observe().map((one) => [one.name, one]))
    expect(observed['notes']).toMatchObject({ phase: 'failed', error: { code: 'LIVE_SCHEMA_CHANGED', details: { column: 'note' } } })
    expect(rowsOf(models[1] as BoundModel)).toHaveLength(2)
    await running.stop()
    const mended = await bound({ notes: 'SELECT id, customer_id FROM shop.orders', names: beside })
    const again = log.start(mended)
    await again.reach(log.reader.cut())
    expect(rowsOf(mended[0] as BoundModel)).toEqual([
      [1, 1],
      [2, 1],
    ])
    await again.stop()
  })
})

describe('saved state', () => {
  it('that cannot be read stops the runner rather than be guessed', async () => {
    const models = await bound({ notes: 'SELECT id, note FROM shop.orders' })
    const first = log.start(models)
    await first.reach(await log.push([insert(ORDERS, 1, 1, 'a')]))
    await first.stop()
    const [segment] = log.reader.segments('live:shop.orders')
    await log.store.commit({
      state: { put: [{ owner: 'live:shop.orders', part: 'rows', sequence: segment?.sequence ?? 0, bytes: Uint8Array.of(9, 9) }] },
    })
    const second = log.start(models)
    await expect(second.reach(log.reader.cut() + 1)).rejects.toMatchObject({ code: 'LIVE_STATE_INVALID' })
  })

  it('is read again after the disk could not be read for a moment', async () => {
    const models = await bound({ notes: 'SELECT id, note FROM shop.orders' })
    await log.push([insert(ORDERS, 1, 1, 'a')])
    let refusals = 2
    const reader = log.store.reader()
    const failing = new Proxy(reader, {
      get: (target, name) => {
        if (name === 'readCuts' && refusals-- > 0) throw new MillraceError('STORE_IO', { details: { path: 'x', what: 'no' } })
        const value: unknown = Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    const stop = new AbortController()
    const runner = new LiveRunner({ models, writer: log.store, reader: failing, signal: log.store })
    const done = runner.run(stop.signal)
    const isThere = (): boolean => log.reader.streams().some(({ name }) => name === 'notes')
    while (!isThere() || rowsOf(models[0] as BoundModel).length < 1) await new Promise((resolve) => setTimeout(resolve, 5))
    expect(refusals).toBeLessThan(1)
    stop.abort()
    await done
  })

  it('law 9: rows of a shape that cannot be held any more do not matter once all rows went after them', async () => {
    await log.push([insert(ORDERS, 1, 1, 'a'), insert(ORDERS, 2, 1, 'b')])
    const columns = ORDERS.schema.columns.map((column) =>
      column.name === 'customer_id' ? { ...column, type: { kind: 'text' as const } } : column,
    )
    const retyped = { ...ORDERS, schema: { ...ORDERS.schema, columns } }
    await log.redefine(retyped)
    await log.push([{ stream: ORDERS.name, operation: 'truncate', row: columns.map(() => undefined) }, insert(retyped, 2, 'seven', 'c')])
    const models = await bound({ notes: 'SELECT id, customer_id FROM shop.orders' }, [retyped])
    const running = log.start(models)
    await running.reach(await log.push([insert(retyped, 3, 'eight', 'd')]))
    expect(rowsOf(models[0] as BoundModel)).toEqual([
      [2, 'seven'],
      [3, 'eight'],
    ])
    await running.stop()
  })
})
