import type { GraphNode } from '@millrace/serve/api'
import { expect, test } from 'vitest'
import { currentOf } from './current.ts'
import { curveThrough } from './curve.ts'
import { Drops, DROPS_LIMIT } from './drops.ts'
import { pathOf } from './path.ts'

function node(id: string, perSecond: number, rest: Partial<GraphNode> = {}): [string, GraphNode] {
  const [kind, name] = id.split(':') as [GraphNode['kind'], string]
  const rate = { perSecond1: perSecond, perSecond10: perSecond, perSecond60: perSecond }
  return [
    id,
    {
      id,
      kind,
      name,
      label: '',
      verdict: 'flowing',
      sentence: '',
      blame: null,
      sinceMs: 0,
      phase: 'running',
      changes: 0,
      rate,
      lag: { nowMs: null, p50Ms: null, p99Ms: null },
      backlog: 0,
      lastChangeMs: null,
      lastContactMs: null,
      spark: [],
      evidence: {},
      error: null,
      hasSql: false,
      proof: null,
      copy: null,
      ...rest,
    },
  ]
}

const EDGE = { from: 'stream:s', to: 'model:m' }

test('what a model reads moves at the rate at which its stream is written', () => {
  expect(currentOf(EDGE, new Map([node('stream:s', 12), node('model:m', 3)]))).toEqual({ state: 'moving', perSecond: 12 })
})

test('what a delivery sends moves at its own rate', () => {
  const nodes = new Map([node('model:m', 30), node('delivery:d', 4)])
  expect(currentOf({ from: 'model:m', to: 'delivery:d' }, nodes)).toEqual({ state: 'moving', perSecond: 4 })
})

test('law 6: nothing is shown to move into or out of what is dead or stalled', () => {
  for (const verdict of ['dead', 'stalled'] as const) {
    expect(currentOf(EDGE, new Map([node('stream:s', 12), node('model:m', 3, { verdict })])).state).toBe('broken')
    expect(currentOf(EDGE, new Map([node('stream:s', 12, { verdict }), node('model:m', 3)])).state).toBe('broken')
  }
  expect(currentOf(EDGE, new Map([node('stream:s', 12)])).state).toBe('still')
})

test('law 8: the drops on an edge are bounded at any rate, and a dry edge empties', () => {
  const drops = new Drops()
  for (let frame = 0; frame < 2000; frame += 1) drops.step(16, 1e9, 100_000, () => 0.99)
  expect(drops.places.length).toBe(DROPS_LIMIT)
  for (let frame = 0; frame < 1000; frame += 1) drops.step(16, 0, 300, () => 0.5)
  expect(drops.places).toEqual([])
})

test('drops keep their order and never leave the edge', () => {
  const drops = new Drops()
  for (let frame = 0; frame < 500; frame += 1) {
    drops.step(16, frame % 100, 200, () => 0.5)
    expect(drops.places).toEqual(drops.places.toSorted((left, right) => right - left))
    expect(drops.places.every((place) => place >= 0 && place <= 1)).toBe(true)
  }
})

test('a place on a curve is found by its share of the length', () => {
  const level = curveThrough([
    { x: 0, y: 5 },
    { x: 100, y: 5 },
    { x: 300, y: 5 },
  ])
  expect(level.length).toBeCloseTo(300)
  for (const share of [0, 0.25, 0.5, 1]) expect(level.at(share)).toEqual({ x: expect.closeTo(300 * share, 5), y: expect.closeTo(5, 5) })
})

test('the path of a node is all that it comes from and all that it leads to', () => {
  const edges = [
    { from: 'a', to: 'b' },
    { from: 'b', to: 'c' },
    { from: 'x', to: 'c' },
    { from: 'c', to: 'd' },
    { from: 'a', to: 'side' },
  ]
  expect([...pathOf('b', edges)].toSorted()).toEqual(['a', 'b', 'c', 'd'])
})
