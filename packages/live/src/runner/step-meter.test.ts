import type { Clock } from '@millrace/base'
import type { LogReader } from '@millrace/core'
import { expect, test } from 'vitest'
import { StepMeter } from './step-meter.ts'

test('a change that has just come is waiting, however lately nothing was', () => {
  let nowMs = 0
  let next = 1
  const reader = { extents: () => [{ partition: 0, first: 0, next }] } as unknown as LogReader
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs } as unknown as Clock
  const meter = new StepMeter(reader, clock)
  const taken = { stream: 'shop.orders', partition: 0, first: 0, count: 1, committedMs: 0 }
  meter.took([taken] as unknown as Parameters<StepMeter['took']>[0], 1)
  nowMs = 1000
  expect(meter.backlog(true)).toBe(0)
  nowMs += 1
  next = 3
  expect(meter.backlog(true)).toBe(2)
})
