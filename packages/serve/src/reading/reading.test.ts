import { DatabaseSync } from 'node:sqlite'
import { ReadError } from '@millrace/client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FoldedSubscription } from '../testing/folded-subscription.ts'
import { ReadingHouse, REVENUE, rowsInLog } from '../testing/reading-house.ts'

let house: ReadingHouse
beforeEach(async () => {
  house = await ReadingHouse.open()
})
afterEach(async () => {
  await house.close()
})

async function failureOf(subscription: FoldedSubscription): Promise<ReadError> {
  await subscription.until(({ failure }) => failure !== null).catch(() => undefined)
  expect(subscription.failure).toBeInstanceOf(ReadError)
  return subscription.failure as ReadError
}

const reader = (): ReturnType<typeof house.store.reader> => house.store.reader()

describe.each(['events', 'websocket'] as const)('a subscriber over %s', (transport) => {
  it('is told the rows as they are, then every change; after each commit it has the rows that the log has there', async () => {
    await house.put([1, 'DE', 10_00], [2, 'AT', 5_50])
    await house.put([2, 'CH', 6_00], [3, 'DE', 1])
    const subscription = new FoldedSubscription(house.client, { transport })
    await subscription.ready()
    expect(subscription.rows).toEqual(rowsInLog(reader(), 'revenue'))
    expect(subscription.seen.filter(({ snapshot }) => snapshot)).toHaveLength(3)
    const cuts = [await house.put([1, 'DE', 11_00]), await house.put(2, [4, 'FR', null]), await house.put([4, null, 3])]
    await subscription.until(({ atCut }) => atCut.has(cuts.at(-1) as number))
    for (const cut of cuts) expect(subscription.atCut.get(cut)).toEqual(rowsInLog(reader(), 'revenue', cut))
    await subscription.stop()
  })

  it('goes on from a position with exactly what came after it', async () => {
    await house.put([1, 'DE', 1], [2, 'AT', 2])
    const first = new FoldedSubscription(house.client, { transport })
    await first.ready()
    await first.stop()
    await house.put([1, 'DE', 5])
    await house.put(2)
    const second = new FoldedSubscription(house.client, { transport, from: first.position ?? '' }, 'revenue', first.rows)
    await second.until(({ seen }) => seen.length === 3)
    expect(second.seen.map(({ operation }) => operation)).toEqual(['ready', 'update', 'delete'])
    expect(second.rows).toEqual(rowsInLog(reader(), 'revenue'))
    await second.stop()
  })

  it('that comes just after another is told what came between from the chain, after the snapshot that both share', async () => {
    await house.put([1, 'DE', 1])
    const first = new FoldedSubscription(house.client, { transport })
    await first.ready()
    const cut = await house.put([1, 'DE', 2], [2, 'DE', 2])
    await first.until(({ atCut }) => atCut.has(cut))
    const second = new FoldedSubscription(house.client, { transport })
    await second.until(({ rows }) => rows.length === 2)
    expect(second.rows).toEqual(rowsInLog(reader(), 'revenue'))
    await first.stop()
    await second.stop()
  })

  it('is given each change once though the server stops and starts', async () => {
    await house.put([1, 'DE', 1])
    const subscription = new FoldedSubscription(house.client, { transport })
    await subscription.ready()
    for (let round = 0; round < 3; round += 1) {
      await house.put([2 + round, 'AT', round])
      await house.restart()
      await house.put([1, 'DE', 100 + round])
    }
    await subscription.until(({ seen }) => seen.length === 2 + 6)
    expect(subscription.reconnects).toBeGreaterThanOrEqual(3)
    expect(subscription.seen.filter(({ operation }) => operation === 'truncate')).toEqual([])
    expect(subscription.rows).toEqual(rowsInLog(reader(), 'revenue'))
    await subscription.stop()
  })

  it('of a key is told of that row alone', async () => {
    await house.put([1, 'DE', 1], [2, 'AT', 2])
    const subscription = new FoldedSubscription(house.client, { transport, key: 2 })
    await subscription.ready()
    expect(subscription.rows).toEqual(['{"id":2,"country":"AT","amount":"0.02"}'])
    await house.put([1, 'DE', 7])
    await house.put([2, 'AT', 3])
    const cut = await house.put(2)
    await subscription.until(({ atCut }) => atCut.has(cut))
    expect(subscription.seen.filter(({ snapshot }) => !snapshot).map(({ operation }) => operation)).toEqual(['ready', 'update', 'delete'])
    await subscription.stop()
  })

  it.each([
    ['values', { country: 'DE' }],
    ['a condition in SQL', "country = 'DE' and id > 0"],
  ])('of %s sees a row come when it begins to fit, and go when it ceases to', async (_name, where) => {
    await house.put([1, 'DE', 1], [2, 'AT', 2], [5, null, 2])
    const subscription = new FoldedSubscription(house.client, { transport, where })
    await subscription.ready()
    await house.put([2, 'DE', 2])
    await house.put([1, 'FR', 1], [3, 'FR', 3])
    await house.put([2, 'DE', 9])
    await house.put([2, null, 9])
    const cut = await house.put([4, 'DE', 4])
    await subscription.until(({ atCut }) => atCut.has(cut))
    const changes = subscription.seen.filter(({ cut: at, operation }) => at !== null && operation !== 'ready')
    expect(changes.map(({ operation, before, after }) => [operation, before?.['id'] ?? after?.['id']])).toEqual([
      ['insert', 2],
      ['delete', 1],
      ['update', 2],
      ['delete', 2],
      ['insert', 4],
    ])
    expect(subscription.rows).toEqual(rowsInLog(reader(), 'revenue').filter((row) => row.includes('"DE"')))
    await subscription.stop()
  })

  it('hears that a model which is gone from the project is unknown', async () => {
    await house.put([1, 'DE', 1])
    const subscription = new FoldedSubscription(house.client, { transport })
    await subscription.ready()
    await house.restart({ models: [{ name: 'other', indexes: [] }] })
    expect(await failureOf(subscription)).toMatchObject({ code: 'READ_MODEL_UNKNOWN', retry: 'never' })
  })

  it('hears that a condition which is none is refused, with what DuckDB says of it', async () => {
    const wrong = new FoldedSubscription(house.client, { transport, where: 'contry = 1' })
    expect(await failureOf(wrong)).toMatchObject({ code: 'READ_FILTER_INVALID', message: expect.stringContaining('contry') as string })
    const sneaky = new FoldedSubscription(house.client, { transport, where: 'true) union all select * from model where (true' })
    expect(await failureOf(sneaky)).toMatchObject({ code: 'READ_FILTER_INVALID' })
  })
})

describe('a position', () => {
  it('of another store, of another model, of a log that was restored, or of what is gone is refused with the way out', async () => {
    await house.put([1, 'DE', 1])
    await house.put([2, 'DE', 1])
    const { position } = await house.client.find('revenue', { country: 'DE' })
    const text = Buffer.from(position, 'base64url').toString('utf8')
    const [version, store, model, next, time] = text.split('|') as [string, string, string, string, string]
    const foreign = [
      [version, 'another', model, next, time],
      [version, store, 'costs', next, time],
      [version, store, model, '77', time],
      [version, store, model, next, String(Number(time) - 5)],
    ]
    for (const parts of foreign) {
      const from = Buffer.from(parts.join('|')).toString('base64url')
      const failure = await failureOf(new FoldedSubscription(house.client, { from }))
      expect(failure).toMatchObject({ code: 'READ_POSITION_GONE', status: 410, hint: expect.stringContaining('without `from`') as string })
    }
    expect(await failureOf(new FoldedSubscription(house.client, { from: 'rubbish' }))).toMatchObject({
      code: 'HTTP_REQUEST_INVALID',
      status: 400,
    })
  })

  it('that is gone begins the rows anew where the subscriber wants that', async () => {
    await house.put([1, 'DE', 1])
    const { position } = await house.client.find('revenue', { country: 'DE' })
    const from = Buffer.from(
      Buffer.from(position, 'base64url')
        .toString()
        .replace(/^1\|[^|]*/, '1|other'),
    ).toString('base64url')
    const subscription = new FoldedSubscription(house.client, { from, whenGone: 'restart' })
    await subscription.ready()
    expect(subscription.seen.map(({ operation }) => operation)).toEqual(['truncate', 'insert', 'ready'])
    await subscription.stop()
  })

  it('of rows before an edit that gave the model other columns is gone, and the rows begin anew', async () => {
    await house.put([1, 'DE', 1])
    const subscription = new FoldedSubscription(house.client, { whenGone: 'restart' })
    await subscription.ready()
    await house.put([1, 'DE', 2])
    await subscription.until(({ seen }) => seen.length === 3)
    const schema = { ...REVENUE, columns: REVENUE.columns.slice(0, 2) }
    await house.tell([{ operation: 'truncate', row: [undefined, undefined] }], schema)
    const cut = await house.tell([{ operation: 'insert', row: [7, 'AT'] }], schema)
    await subscription.until(({ rows }) => rows.length === 1 && rows[0]?.includes('7') === true)
    expect(subscription.rows).toEqual(['{"id":7,"country":"AT"}'])
    const late = new FoldedSubscription(house.client, {
      from: subscription.seen.find(({ operation }) => operation === 'ready')?.position ?? '',
    })
    expect(await failureOf(late)).toMatchObject({ code: 'READ_POSITION_GONE' })
    expect(cut).toBeGreaterThan(0)
    await subscription.stop()
  })
})

describe('a look-up', () => {
  it('finds the row of a key and the rows of a declared index, as they are now', async () => {
    await house.put([1, 'DE', 10_00], [2, 'AT', 5], [3, 'DE', 7])
    expect(await house.client.get('revenue', 1)).toEqual({ id: 1, country: 'DE', amount: '10.00' })
    expect(await house.client.get('revenue', 9)).toBeNull()
    const found = await house.client.find('revenue', { country: 'DE' })
    expect(found.rows.map(({ id }) => id)).toEqual([1, 3])
    expect(await house.client.find('revenue', { country: 'DE' }, { limit: 1 })).toMatchObject({ more: true, rows: [{ id: 1 }] })
    await house.put([1, 'AT', 1], 3)
    await expect.poll(async () => (await house.client.find('revenue', { country: 'AT' })).rows.length, { timeout: 60_000 }).toBe(2)
    expect((await house.client.find('revenue', { country: 'DE' })).rows).toEqual([])
  })

  it('tells the position that its rows are of: a subscriber from there misses nothing', async () => {
    await house.put([1, 'DE', 1])
    const { position, rows } = await house.client.find('revenue', { country: 'DE' })
    const cut = await house.put([2, 'DE', 2])
    const subscription = new FoldedSubscription(
      house.client,
      { from: position },
      'revenue',
      rows.map((row) => JSON.stringify(row)),
    )
    await subscription.until(({ atCut }) => atCut.has(cut))
    expect(subscription.rows).toEqual(rowsInLog(reader(), 'revenue'))
    await subscription.stop()
  })

  it.each([
    ['by what is no index', '?match.amount=1', 400, 'READ_INDEX_MISSING'],
    ['by a column that is none', '?match.colour=1', 400, 'HTTP_REQUEST_INVALID'],
    ['by a value of another type', '?key=abc', 400, 'HTTP_REQUEST_INVALID'],
    ['by too many values', '?key=1&key=2', 400, 'HTTP_REQUEST_INVALID'],
    ['by nothing', '', 400, 'HTTP_REQUEST_INVALID'],
    ['with a parameter that is none', '?kye=1', 400, 'HTTP_REQUEST_INVALID'],
  ])('%s is refused', async (_name, query, status, code) => {
    const response = await fetch(`${house.server.url}/api/models/revenue/rows${query}`)
    expect({ status: response.status, code: ((await response.json()) as { code: string }).code }).toEqual({ status, code })
  })

  it('of a model that does not exist, or has published nothing yet, says so', async () => {
    await expect(house.client.get('none', 1)).rejects.toMatchObject({ code: 'READ_MODEL_UNKNOWN', status: 404 })
    await house.restart({ models: [{ name: 'later', indexes: [] }] })
    await expect(house.client.get('later', 1)).rejects.toMatchObject({ code: 'READ_MODEL_FILLING', status: 503 })
  })
})

describe('reading', () => {
  it('is for pages of its own server alone', async () => {
    const foreign = await fetch(`${house.server.url}/api/models/revenue/changes`, { headers: { 'sec-fetch-site': 'cross-site' } })
    expect(foreign.status).toBe(403)
    const { WebSocket } = await import('ws')
    const status = await new Promise((resolve) => {
      const socket = new WebSocket(`${house.server.url}/api/models/revenue/changes`, { origin: 'https://elsewhere.example' })
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode))
      socket.on('open', () => resolve('open'))
    })
    expect(status).toBe(403)
  })

  it('has a bound for subscribers, and a place is free again when one goes', async () => {
    await house.restart({ subscribersLimit: 2 })
    const [first, second] = [new FoldedSubscription(house.client), new FoldedSubscription(house.client, { transport: 'websocket' })]
    await first.ready()
    await second.ready()
    const refused = await fetch(`${house.server.url}/api/models/revenue/changes`)
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([503, 'READ_SUBSCRIBERS_FULL'])
    await second.stop()
    const third = new FoldedSubscription(house.client)
    await third.ready()
    expect(house.reading.subscribersOf('revenue')).toBe(2)
    expect(await (await fetch(`${house.server.url}/api/openapi.json`)).json()).toBeDefined()
    await first.stop()
    await third.stop()
  })

  it('has a bound for rows in memory; who only follows the changes does not need them', async () => {
    await house.put([1, 'DE', 1], [2, 'DE', 2], [3, 'AT', 3])
    await house.restart({ rowsBytesLimit: 1_000 })
    await expect(house.client.get('revenue', 3)).resolves.toMatchObject({ id: 3 })
    const follower = new FoldedSubscription(house.client, { from: 'now' })
    await follower.ready()
    const cut = await house.put([4, 'DE', 1], [5, 'DE', 1], [6, 'DE', 1])
    await follower.until(({ atCut }) => atCut.has(cut))
    await expect(house.client.get('revenue', 3)).rejects.toMatchObject({ code: 'READ_ROWS_TOO_MANY', status: 503 })
    await follower.stop()
  })

  it('of a model whose past is not kept tells that its rows cannot be known, and which positions are gone', async () => {
    await house.put([1, 'DE', 1])
    const { position } = await house.client.find('revenue', { country: 'DE' })
    await house.put([2, 'DE', 1])
    await house.store.applyRetention([{ stream: 'revenue', olderThanMs: -1000 }])
    await house.restart()
    await expect(house.client.get('revenue', 1)).rejects.toMatchObject({ code: 'READ_HISTORY_TRIMMED', status: 503 })
    expect(await failureOf(new FoldedSubscription(house.client, { from: position }))).toMatchObject({ code: 'READ_POSITION_GONE' })
  })

  it('names a damaged batch to whoever would have read it, and goes on for the others', async () => {
    await house.put([1, 'DE', 1])
    const { position } = await house.client.find('revenue', { country: 'DE' })
    await house.put([2, 'DE', 1])
    await house.put([3, 'DE', 1])
    const file = new DatabaseSync(house.store.path)
    file.exec('update store_body set bytes = zeroblob(length(bytes)) where id = (select max(id) - 1 from store_body)')
    file.close()
    await house.restart()
    expect(await failureOf(new FoldedSubscription(house.client, { from: position }))).toMatchObject({ code: 'STORE_BATCH_CORRUPT' })
    await expect(house.client.get('revenue', 1)).rejects.toMatchObject({ code: 'STORE_BATCH_CORRUPT' })
    const follower = new FoldedSubscription(house.client, { from: 'now' })
    await follower.ready()
    await follower.stop()
  })

  it('tells where to go on when the server stops', async () => {
    await house.put([1, 'DE', 1])
    const response = await fetch(`${house.server.url}/api/models/revenue/changes`)
    const text = response.text()
    await house.restart()
    const last = JSON.parse(/data: (\{"type":"end".*)\n/.exec(await text)?.[1] ?? '{}') as { error: { code: string }; position: string }
    expect(last.error.code).toBe('READ_SERVER_CLOSED')
    const next = new FoldedSubscription(house.client, { from: last.position })
    await next.ready()
    expect(next.seen).toHaveLength(1)
    await next.stop()
  })
})
