import fc from 'fast-check'
import { expect, test } from 'vitest'
import { criticalPath, type TimedStep } from '../run/critical-path.ts'
import { simulateRun } from './simulate-run.ts'
import { speedUps } from './speed-ups.ts'

/** Each step reads some of those before it. */
const graphs = fc
  .array(fc.record({ seconds: fc.integer({ min: 0, max: 50 }), reads: fc.array(fc.nat(), { maxLength: 3 }) }), { maxLength: 40 })
  .map((steps): ReadonlyMap<string, TimedStep> => {
    const named = steps.map(({ seconds, reads }, at) => {
      const inputs = at === 0 ? [] : [...new Set(reads.map((read) => `m${read % at}`))]
      return [`m${at}`, { seconds, inputs }] as const
    })
    return new Map(named)
  })

const workers = fc.integer({ min: 1, max: 8 })
const secondsOf = (steps: ReadonlyMap<string, TimedStep>, names: Iterable<string>): number =>
  [...names].reduce((sum, name) => sum + (steps.get(name)?.seconds ?? 0), 0)

test('a run takes no less than its critical path and than its work divided, and no more than both together', () => {
  fc.assert(
    fc.property(graphs, workers, (steps, count) => {
      const work = secondsOf(steps, steps.keys())
      const path = secondsOf(steps, criticalPath(steps))
      const seconds = simulateRun({ steps, workers: count })
      expect(seconds).toBeGreaterThanOrEqual(Math.max(path, work / count) - 1e-9)
      expect(seconds).toBeLessThanOrEqual(path + (work - path) / count + 1e-9)
    }),
  )
})

test('what a speed-up is told to save is what the run is shorter by', () => {
  fc.assert(
    fc.property(graphs, workers, (steps, count) => {
      for (const { name, seconds, savesSeconds } of speedUps({ steps, workers: count })) {
        const faster = new Map(steps).set(name, { seconds: seconds / 2, inputs: steps.get(name)?.inputs ?? [] })
        expect(simulateRun({ steps: faster, workers: count })).toBeCloseTo(simulateRun({ steps, workers: count }) - savesSeconds)
      }
    }),
  )
})
