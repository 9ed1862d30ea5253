import type { LogReader, Stage, StageObservation, StreamDefinition } from '@millrace/core'
import { expect, test } from 'vitest'
import { supervise } from './supervise.ts'
import { Thread } from './thread.ts'

const stream: StreamDefinition = { name: 'shop.orders', kind: 'table', schema: { columns: [], key: [] }, partitions: 1 }
const observation: StageObservation = {
  kind: 'source',
  name: 'shop',
  phase: 'running',
  changes: 0,
  lastChangeMs: null,
  lastContactMs: null,
  lagMs: null,
  backlog: null,
  error: null,
  evidence: {},
}

function threadOf(stages: readonly Stage[], failures: ReadonlyMap<string, Error>, written: () => number): Thread {
  const reader = { extents: () => [{ stream: 'shop.orders', partition: 0, first: 0, next: written(), bytes: 0 }] } as unknown as LogReader
  const project = {
    folder: '',
    storePath: '',
    models: [],
    batch: [],
    seeds: [],
    problems: [],
    config: { name: 'shop', deliveries: { crm: { kind: 'webhook', from: 'shop.orders', url: 'x' } } },
  } as const
  return new Thread({
    project,
    models: [],
    streams: [stream],
    stages,
    reader,
    failures: () => failures,
    parkedBy: (source) => (source === 'shop' ? 2 : 0),
  })
}

test('the thread leads from each source over its streams to what is told of them', () => {
  const thread = threadOf([], new Map(), () => 0)
  expect(thread.edges).toEqual([
    { from: 'source:shop', to: 'stream:shop.orders' },
    { from: 'stream:shop.orders', to: 'delivery:crm' },
  ])
  expect(thread.order).toEqual(['source:shop', 'stream:shop.orders', 'delivery:crm'])
})

test('a stage that ended by a defect is seen as failed, and the others run on', async () => {
  const broken: Stage = { name: 'shop', run: () => Promise.reject(new TypeError('of undefined')), observe: () => [observation] }
  const told: string[] = []
  const { ended, failure } = supervise(broken, new AbortController().signal, (stage, error) => told.push(`${stage.name}: ${error.message}`))
  await ended
  expect(told).toEqual(['shop: of undefined'])
  const [seen] = threadOf([broken], new Map([['shop', failure() as Error]]), () => 0).observations()
  expect(seen).toMatchObject({ phase: 'failed', error: { code: 'STAGE_BROKEN' } })
})

test('law 9: what a source has set aside is part of its evidence', () => {
  const stages = ['shop', 'crm'].map((name): Stage => ({ name, run: () => Promise.resolve(), observe: () => [{ ...observation, name }] }))
  const seen = threadOf(stages, new Map(), () => 0).observations()
  expect(seen.map(({ name, evidence }) => [name, evidence['parked']])).toEqual([
    ['shop', 2],
    ['crm', undefined],
  ])
})

test('a stream counts the changes since the process began', () => {
  let next = 100
  const thread = threadOf([], new Map(), () => next)
  next = 130
  expect(thread.sample().streams).toMatchObject([{ name: 'shop.orders', changes: 30 }])
})
