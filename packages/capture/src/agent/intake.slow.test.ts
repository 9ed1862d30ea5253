import { systemClock } from '@millrace/base'
import { type AgentSource, changeAt, type LogReader, type LogWriter, type WriteSet } from '@millrace/core'
import { openStore, type Store } from '@millrace/store'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { listParked } from '../parking/list-parked.ts'
import { openParking } from '../parking/parking-lot.ts'
import { CREATE_AGENTS } from './agent-table.ts'
import { declaredStreams } from './declared-stream.ts'
import { Intake, type IntakeOptions } from './intake.ts'

const CONFIG: AgentSource = {
  kind: 'agent',
  teams: {
    shop: {
      token: { secret: 'env', name: 'NONE' },
      streams: {
        click: { columns: { id: 'int64', page: { type: 'text', nullable: false }, note: 'text' } },
        basket: { columns: { id: 'int64', total: 'decimal(12,2)' }, key: ['id'], unknownMembers: 'ignore' },
      },
    },
    other: { token: { secret: 'env', name: 'NONE' }, streams: { secret: { columns: { id: 'int64' } } } },
  },
}
const INSTANCE = 'a'.repeat(32)

let folder: string
let store: Store
let reader: LogReader

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'intake-'))
  store = await openStore(join(folder, 'store.db'))
  reader = store.reader()
  const declared = declaredStreams({ name: 'web', config: CONFIG })
  await store.commit({
    streams: declared.map(({ stream, schema }) => ({ name: stream, kind: 'table', schema, partitions: 1 })),
    control: CREATE_AGENTS,
  })
})

afterEach(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

function intakeOf(options: Partial<IntakeOptions> & { readonly recordsLimit?: number } = {}): Intake {
  const { recordsLimit = 1000, ...rest } = options
  return new Intake({
    source: 'web',
    declared: declaredStreams({ name: 'web', config: CONFIG }),
    reader,
    writer: store,
    parking: openParking({ source: 'web', reader, clock: systemClock, recordsLimit }),
    clock: systemClock,
    partitionsOf: () => 1,
    onCommitted: () => undefined,
    onFailure: () => undefined,
    ...rest,
  })
}

/** One frame: the first event's number, and the events as [stream, text]. */
function frame(first: number, events: readonly (readonly [string, string])[], columns?: readonly string[]): string {
  const streams = [...new Set(events.map(([stream]) => stream))]
  const sections = streams.map((stream) => (columns === undefined ? [stream] : [stream, 'f'.repeat(32), columns]))
  const head = JSON.stringify({ first, count: events.length, time: 1_763_715_600_000, sections })
  return `${[head, ...events.map(([stream, text], at) => `${streams.indexOf(stream)} ${at} ${text}`)].join('\n')}\n`
}

const clicks = (from: number, to: number): [string, string][] =>
  Array.from({ length: to - from }, (_, at) => ['click', JSON.stringify({ id: from + at, page: '/' })])

const batch = (text: string, instance = INSTANCE, team = 'shop'): Parameters<Intake['take']>[0] => ({ team, instance, dropped: 0, text })

function rows(stream: string): unknown[][] {
  return [...reader.read(stream)].flatMap((stored) => {
    const columns = stored.batch()
    return Array.from({ length: columns.count }, (_, row) => [...changeAt(columns, row).after])
  })
}

function identities(stream: string): string[] {
  return [...reader.read(stream)].flatMap((stored) => {
    const columns = stored.batch()
    return Array.from({ length: columns.count }, (_, row) => `${columns.transactions[row]}.${columns.indexes[row]}`)
  })
}

describe('a batch', () => {
  it('is in the log once it is answered, in the order of its events', async () => {
    const taken = await intakeOf().take(batch(frame(0, clicks(0, 3))))
    expect(taken).toEqual({ accepted: 3, repeated: 0, parked: 0, streams: ['click'] })
    expect(rows('web.click')).toEqual([0, 1, 2].map((id) => [id, '/', null]))
    expect(identities('web.click')).toEqual(['1.0', '1.1', '1.2'])
  })

  it('that comes again is recognised, whole or in part, also after a restart', async () => {
    const intake = intakeOf()
    await intake.take(batch(frame(0, clicks(0, 3))))
    expect(await intake.take(batch(frame(0, clicks(0, 3))))).toMatchObject({ accepted: 0, repeated: 3 })
    const restarted = intakeOf()
    expect(await restarted.take(batch(frame(0, clicks(0, 3))))).toMatchObject({ accepted: 0, repeated: 3 })
    expect(await restarted.take(batch(frame(1, clicks(1, 5))))).toMatchObject({ accepted: 2, repeated: 2 })
    expect(rows('web.click').map(([id]) => id)).toEqual([0, 1, 2, 3, 4])
  })

  it('of another instance, or another team, is another', async () => {
    const intake = intakeOf()
    await intake.take(batch(frame(0, clicks(0, 1))))
    expect(await intake.take(batch(frame(0, clicks(0, 1)), 'b'.repeat(32)))).toMatchObject({ accepted: 1 })
    expect(await intake.take(batch(frame(0, [['secret', '{"id":1}']]), INSTANCE, 'other'))).toMatchObject({ accepted: 1, parked: 0 })
  })

  it('that comes again while it is being written is answered only with the writing', async () => {
    let release: () => void = () => undefined
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const slow: LogWriter = { commit: (set: WriteSet) => gate.then(() => store.commit(set)) }
    const intake = intakeOf({ writer: slow })
    const settled: string[] = []
    const first = intake.take(batch(frame(0, clicks(0, 2)))).then(() => settled.push('first'))
    const second = intake.take(batch(frame(0, clicks(0, 2)))).then(() => settled.push('second'))
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(settled).toEqual([])
    release()
    await Promise.all([first, second])
    expect(rows('web.click')).toHaveLength(2)
  })

  it('of many agents share commits', async () => {
    let commits = 0
    const counting: LogWriter = {
      commit: (set) => {
        commits += 1
        return store.commit(set)
      },
    }
    const intake = intakeOf({ writer: counting })
    const instances = Array.from({ length: 200 }, (_, at) => at.toString(16).padStart(32, '0'))
    await Promise.all(instances.map((instance) => intake.take(batch(frame(0, clicks(0, 2)), instance))))
    expect(commits).toBeLessThanOrEqual(3)
    expect(rows('web.click')).toHaveLength(400)
    expect(new Set(identities('web.click')).size).toBe(400)
  })

  it('whose commit failed is not in the log, and is taken when it comes again', async () => {
    let failures = 2
    const failing: LogWriter = {
      commit: (set) => (failures-- > 0 ? Promise.reject(new TypeError('the disk')) : store.commit(set)),
    }
    const intake = intakeOf({ writer: failing })
    const both = await Promise.allSettled([
      intake.take(batch(frame(0, clicks(0, 2)))),
      intake.take(batch(frame(0, clicks(0, 2)), 'b'.repeat(32))),
    ])
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(rows('web.click')).toEqual([])
    await expect(intake.take(batch(frame(2, clicks(2, 3))))).rejects.toThrow()
    await intake.take(batch(frame(0, clicks(0, 3))))
    expect(rows('web.click').map(([id]) => id)).toEqual([0, 1, 2])
    expect(identities('web.click')).toEqual(['1.0', '1.1', '1.2'])
  })

  it.each([
    ['', 'it is empty'],
    ['{}', 'its last line has no end'],
    ['{}\n', 'a head does not number its events'],
    ['nothing\n', 'a head is no JSON'],
    ['{"first":0,"count":2,"time":1,"sections":[["click"]]}\n0 0 {}\n', 'fewer events'],
    ['{"first":0,"count":1,"time":1,"sections":[["click"]]}\n1 0 {}\n', 'does not say what it is'],
    ['{"first":0,"count":1,"time":1,"sections":[["../x"]]}\n0 0 {}\n', 'a stream that can be none'],
    ['{"first":9007199254740991,"count":1,"time":1,"sections":[["click"]]}\n0 0 {}\n', 'does not number'],
  ])('that is none is refused whole: %j', async (text, problem) => {
    const failure = intakeOf().take(batch(text))
    await expect(failure).rejects.toMatchObject({ code: 'AGENT_BATCH_UNREADABLE' })
    await expect(failure).rejects.toThrow(problem)
    expect(reader.cut()).toBe(0)
  })
})

it('an agent is remembered in one row, until it has not been heard of for very long', async () => {
  let nowMs = Date.now()
  const clock = { ...systemClock, nowMs: () => nowMs }
  const intake = intakeOf({ clock })
  for (let at = 0; at < 3; at += 1) await intake.take(batch(frame(at, clicks(at, at + 1))))
  const known = (): unknown[] => reader.control('select instance, next_number from agent_instance')
  expect(known()).toEqual([{ instance: INSTANCE, next_number: 3 }])
  nowMs += 91 * 86_400_000
  await intake.take(batch(frame(0, clicks(0, 1)), 'b'.repeat(32)))
  expect(known()).toEqual([{ instance: 'b'.repeat(32), next_number: 1 }])
})

describe('an event', () => {
  it('is read by its columns where it is an array, and by its members where it is an object', async () => {
    const intake = intakeOf()
    await intake.take(batch(frame(0, [['click', '["/a",7]']], ['page', 'id'])))
    await intake.take(batch(frame(1, [['click', '{"page":"/b","id":"9223372036854775807","note":"n"}']])))
    expect(rows('web.click')).toEqual([
      [7, '/a', null],
      [9_223_372_036_854_775_807n, '/b', 'n'],
    ])
  })

  it('that does not fit is set aside with its reason, and its neighbours flow on', async () => {
    const intake = intakeOf()
    const bad = ['{"id":"x","page":"/"}', '{"id":1}', '{"id":1,"page":"/","more":2}', '[1]', '"text"', '{', '{"id":{},"page":"/"}']
    const events = bad.flatMap((text, at): [string, string][] => [['click', text], ...clicks(at, at + 1)])
    expect(await intake.take(batch(frame(0, events)))).toMatchObject({ accepted: 14, parked: 7 })
    expect(rows('web.click')).toHaveLength(7)
    const parked = listParked(reader, { limit: 100 })
    expect(parked.map(({ reason }) => reason)).toEqual([
      'id: no whole number',
      'page is missing',
      'there is no column more',
      'it is no object',
      'it is no object',
      'it is no JSON',
      'id: an object where one value is wanted',
    ])
    expect(parked[0]).toMatchObject({
      code: 'AGENT_EVENT_MISFIT',
      stream: 'web.click',
      row: { id: 'x', page: '/' },
      place: `agent ${INSTANCE} of shop, event 0`,
    })
    expect(Buffer.from(parked[0]?.raw ?? []).toString()).toBe(bad[0])
  })

  it('of a key whose earlier event was set aside waits behind it', async () => {
    const intake = intakeOf()
    const baskets = ['{"id":1,"total":"1.234"}', '{"id":1,"total":"2.00"}', '{"id":2,"total":"3.00","more":1}'].map(
      (text): [string, string] => ['basket', text],
    )
    expect(await intake.take(batch(frame(0, baskets)))).toMatchObject({ accepted: 3, parked: 2 })
    expect(rows('web.basket')).toEqual([[2, 300]])
    expect(listParked(reader, { limit: 100 }).map(({ code }) => code)).toEqual(['AGENT_EVENT_MISFIT', 'PARKED_BEHIND'])
  })

  it("of a stream that is not the team's is set aside, and does not tell whether there is one", async () => {
    const intake = intakeOf()
    const answers = [
      await intake.take(batch(frame(0, [['secret', '{"id":1}']]))),
      await intake.take(batch(frame(1, [['nothing', '{"id":1}']]))),
    ]
    expect(answers.map(({ accepted, parked }) => ({ accepted, parked }))).toEqual([
      { accepted: 1, parked: 1 },
      { accepted: 1, parked: 1 },
    ])
    expect(rows('web.secret')).toEqual([])
    expect(listParked(reader, { limit: 100 }).map(({ stream }) => stream)).toEqual(['web.nothing', 'web.shop.secret'])
  })

  it('is refused with all of its batch, and nothing is lost, where no more can be set aside', async () => {
    const intake = intakeOf({ recordsLimit: 2 })
    const bad = frame(
      0,
      [1, 2, 3].map((): [string, string] => ['click', '{}']),
    )
    await expect(intake.take(batch(bad))).rejects.toMatchObject({ code: 'PARKING_FULL' })
    expect(listParked(reader, { limit: 100 })).toEqual([])
    const good = frame(0, clicks(0, 2))
    expect(await intake.take(batch(good, 'b'.repeat(32)))).toMatchObject({ accepted: 2, parked: 0 })
    expect(rows('web.click')).toHaveLength(2)
  })

  it('whose clock is far ahead gets the time of its arrival', async () => {
    const head = JSON.stringify({ first: 0, count: 1, time: 8_640_000_000_000_000, sections: [['click']] })
    await intakeOf().take(batch(`${head}\n0 0 {"id":1,"page":"/"}\n`))
    const [stored] = [...reader.read('web.click')]
    expect(Math.abs((stored?.batch().times[0] ?? 0) / 1000 - Date.now())).toBeLessThan(60_000)
  })
})
