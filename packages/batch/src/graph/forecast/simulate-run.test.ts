import { expect, test } from 'vitest'
import type { TimedStep } from '../run/critical-path.ts'
import { simulateRun } from './simulate-run.ts'
import { speedUps } from './speed-ups.ts'

const stepsOf = (steps: Readonly<Record<string, readonly [number, ...string[]]>>): Map<string, TimedStep> =>
  new Map(Object.entries(steps).map(([name, [seconds, ...inputs]]) => [name, { seconds, inputs }]))

/** Two branches that meet; the upper one takes longer. */
const DIAMOND = stepsOf({ a: [1], upper: [5, 'a'], lower: [4, 'a'], end: [2, 'upper', 'lower'] })

test('a run takes its critical path where there are workers enough, and all work where there is one', () => {
  expect(simulateRun({ steps: DIAMOND, workers: 2 })).toBe(8)
  expect(simulateRun({ steps: DIAMOND, workers: 9 })).toBe(8)
  expect(simulateRun({ steps: DIAMOND, workers: 1 })).toBe(12)
  expect(simulateRun({ steps: new Map(), workers: 2 })).toBe(0)
})

test('what most work waits for goes first, as in a real run', () => {
  const steps = stepsOf({ short: [3], other: [3], long: [1], behind: [9, 'long'] })
  expect(simulateRun({ steps, workers: 2 })).toBe(10)
})

test('what has begun keeps its worker', () => {
  const steps = stepsOf({ begun: [4], long: [1], behind: [9, 'long'] })
  expect(simulateRun({ steps, workers: 1, begun: new Set(['begun']) })).toBe(14)
})

test('inputs that are there already are not waited for', () => {
  expect(simulateRun({ steps: stepsOf({ end: [2, 'made before'] }), workers: 1 })).toBe(2)
})

test('the longest model is not the one to speed up where another path is as long', () => {
  expect(speedUps({ steps: DIAMOND, workers: 2 })).toEqual([
    { name: 'upper', seconds: 5, savesSeconds: 1 },
    { name: 'end', seconds: 2, savesSeconds: 1 },
    { name: 'a', seconds: 1, savesSeconds: 0.5 },
  ])
})

test('a slow model beside the critical path is not told', () => {
  const steps = stepsOf({ beside: [9], a: [5], b: [5, 'a'] })
  expect(speedUps({ steps, workers: 2 }).map(({ name }) => name)).toEqual(['a', 'b'])
})
