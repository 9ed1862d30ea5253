import { changeAt, type StreamDefinition } from '@millrace/core'
import { expect, test } from 'vitest'
import { EVENT } from '../binlog/event-type.ts'
import { event, int, mariadbGtid, row, rowsEvent, tableMap } from '../fixtures/binlog-events.ts'
import { type EventBench, openEventBench } from '../fixtures/event-bench.ts'
import type { FillRequest } from './active-fill.ts'

const STOPPED = { stopped: { item: { why: 'it was renamed', sinceMs: 0 } } }
const FILE = 'binlog.000001'

async function insert(bench: EventBench, id: number, position: number): Promise<void> {
  await bench.take(event(EVENT.MARIADB_GTID, mariadbGtid(id), { position }))
  await bench.take(event(EVENT.TABLE_MAP, tableMap('d', 'item')))
  await bench.take(event(EVENT.WRITE_ROWS, rowsEvent([row(BigInt(id), 'a', int(1, 4))])))
  await bench.take(event(EVENT.XID, int(1, 8), { position: position + 50 }))
}

const heartbeat = (position: number): Buffer => event(EVENT.HEARTBEAT, Buffer.from(FILE), { position })

/** As the stream itself defines the table. */
async function definition(): Promise<StreamDefinition> {
  const bench = openEventBench('mariadb')
  await insert(bench, 1, 100)
  await bench.log.settle()
  const [found] = bench.sets.flatMap(({ streams = [] }) => streams)
  if (found === undefined) throw new Error('a table is defined by its first row')
  return found
}

async function request(position: number): Promise<FillRequest> {
  return { table: 'item', place: { file: FILE, position }, timeMicros: 77, definition: await definition(), cascades: [] }
}

/** By the tail that it goes to, the key of each change. */
async function told(bench: EventBench): Promise<[string | null, unknown][]> {
  await bench.log.settle()
  return bench.sets.flatMap(({ appends = [] }) =>
    appends.flatMap(({ batch, tail }) =>
      Array.from({ length: batch.count }, (_, at): [string | null, unknown] => [tail ?? null, changeAt(batch, at).after[0]]),
    ),
  )
}

test('what comes before the place of the view is in the rows, what comes after follows them, and both show at once', async () => {
  const bench = openEventBench('mariadb', STOPPED)
  const fill = bench.follower.fills.begin(await request(700))
  await insert(bench, 1, 600)
  expect(fill.isJoined).toBe(false)
  await insert(bench, 2, 800)
  fill.isRead = true
  await insert(bench, 3, 900)
  await insert(bench, 4, 1000)
  expect(await told(bench)).toEqual([
    ['shop/fill/item/changes', 2],
    [null, 3],
    [null, 4],
  ])
  const shown = bench.sets.filter(({ show }) => show !== undefined)
  expect(shown).toMatchObject([
    {
      show: [{ tail: 'shop/fill/item/rows', origin: { transaction: 1, timeMicros: 77 } }, { tail: 'shop/fill/item/changes' }],
      progress: { transaction: 2, state: { stopped: {}, tables: ['item'] } },
      state: { remove: [{ part: 'shop.item' }] },
    },
  ])
  expect(await fill.ended).toBe('shown')
})

test('a quiet stream shows the rows once it has nothing before the place of the view, and not earlier', async () => {
  const bench = openEventBench('mariadb', STOPPED)
  const fill = bench.follower.fills.begin(await request(700))
  fill.isRead = true
  await bench.take(heartbeat(699))
  expect(fill.isJoined).toBe(false)
  await bench.take(heartbeat(700))
  expect(await fill.ended).toBe('shown')
})

test('no transaction begins while the stream is held, and a view before one that has begun is of no use', async () => {
  const bench = openEventBench('mariadb')
  const { fills } = bench.follower
  expect(fills.covers({ file: FILE, position: 4 })).toBe(true)
  await insert(bench, 1, 600)
  expect([599, 600, 601].map((position) => fills.covers({ file: FILE, position }))).toEqual([false, false, true])
  const release = fills.hold()
  let isBegun = false
  const beginning = bench.take(event(EVENT.MARIADB_GTID, mariadbGtid(2), { position: 700 })).then(() => (isBegun = true))
  await new Promise((resolve) => setImmediate(resolve))
  expect(isBegun).toBe(false)
  expect(fills.covers({ file: FILE, position: 650 })).toBe(true)
  release()
  await beginning
  expect(fills.covers({ file: FILE, position: 650 })).toBe(false)
})

test('a fill whose reading failed leaves the table as it was: stopped, and nothing of it is told', async () => {
  const bench = openEventBench('mariadb', STOPPED)
  const fill = bench.follower.fills.begin(await request(700))
  await insert(bench, 1, 800)
  bench.follower.fills.end('item', 'disturbed')
  await insert(bench, 2, 900)
  const seen = (await told(bench)).filter(([tail, key]) => tail === null || key === 2)
  expect(seen).toEqual([])
  expect(fill.over.aborted).toBe(true)
  expect(bench.log.state.stopped).toEqual(STOPPED.stopped)
})
