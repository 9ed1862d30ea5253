import { laneFrom, laneValueAt } from '@millrace/sql'
import { expect, it } from 'vitest'
import { Consolidator } from './consolidate.ts'
import type { ZBatch } from './z-batch.ts'

function batchOf(rows: readonly (readonly [value: string, weight: number])[]): ZBatch {
  const lane = laneFrom(
    'text',
    rows.map(([value]) => value),
  )
  return { count: rows.length, lanes: [lane], weights: Float64Array.from(rows, ([, weight]) => weight) }
}

function rowsOf({ count, lanes, weights }: ZBatch): unknown[] {
  return Array.from({ length: count }, (_, row) => [laneValueAt(lanes[0] as ReturnType<typeof laneFrom>, row), weights[row]])
}

it('what comes and goes in one change is not told', () => {
  const change = batchOf([
    ['a', 1],
    ['b', 1],
    ['a', -1],
    ['b', 1],
  ])
  expect(rowsOf(new Consolidator(['text'], []).consolidate(change))).toEqual([['b', 2]])
})

it('rows that only come are told as often as they come', () => {
  const change = batchOf([
    ['a', 1],
    ['a', 2],
  ])
  expect(rowsOf(new Consolidator(['text'], []).consolidate(change))).toEqual([
    ['a', 1],
    ['a', 2],
  ])
})

it('a row that comes no time at all is not told', () => {
  const change = batchOf([
    ['a', 1],
    ['b', 0],
  ])
  expect(rowsOf(new Consolidator(['text'], []).consolidate(change))).toEqual([['a', 1]])
})
