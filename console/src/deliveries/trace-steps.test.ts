import { expect, test } from 'vitest'
import { traceSteps, wholeWayMs } from './trace-steps.ts'

const TRACE = { committedMs: 1000, loggedMs: 1008, liveMs: 1015, sentMs: 1020, answeredMs: 1062 }

test('each step says how long it took since the one before', () => {
  expect(traceSteps(TRACE).map(({ name, sinceMs }) => [name, sinceMs])).toEqual([
    ['committed', null],
    ['logged', 8],
    ['live', 7],
    ['sent', 5],
    ['answered', 42],
  ])
  expect(wholeWayMs(TRACE)).toBe(62)
})

test('a delivery from a table has no live step, and the next counts from the log', () => {
  const steps = traceSteps({ ...TRACE, liveMs: null })
  expect(steps.map((step) => step.name)).toEqual(['committed', 'logged', 'sent', 'answered'])
  expect(steps[2]?.sinceMs).toBe(12)
})

test('what has not happened yet takes no time', () => {
  const steps = traceSteps({ ...TRACE, sentMs: null, answeredMs: null })
  expect(steps.at(-1)).toMatchObject({ name: 'answered', atMs: null, sinceMs: null })
  expect(wholeWayMs({ committedMs: 5, loggedMs: null, liveMs: null, sentMs: null, answeredMs: null })).toBeNull()
})

test('clocks that disagree make a step of nothing, never of less', () => {
  expect(traceSteps({ ...TRACE, loggedMs: 990 })[1]?.sinceMs).toBe(0)
})
