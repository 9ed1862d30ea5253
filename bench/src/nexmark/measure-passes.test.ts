import { expect, test } from 'vitest'
import type { Pass } from './measure.ts'
import { measurePasses } from './measure-passes.ts'

const RESULT = { rows: 2, checksum: 'same' }

/** Each pass takes as many seconds of processor time as its number says, and the clock twice that. */
function numbered(resultOf: (pass: number) => Pass['result'] = () => RESULT): {
  passes: boolean[]
  pass: (wants: boolean) => Promise<Pass>
} {
  const passes: boolean[] = []
  const pass = async (wantsResult: boolean): Promise<Pass> => {
    passes.push(wantsResult)
    const cpuSeconds = passes.length / 10
    const spent = { seconds: 2 * cpuSeconds, cpuSeconds, processCpuSeconds: cpuSeconds }
    return { spent, result: wantsResult ? resultOf(passes.length) : null }
  }
  return { passes, pass }
}

const close = async (): Promise<void> => undefined

test('without a warm-up the first pass is what is measured', async () => {
  const { pass, passes } = numbered()
  const { runs, cold } = await measurePasses({ read: 7, pass, close }, { warmUpSeconds: 0, rounds: 3 })
  expect(passes).toEqual([true])
  expect(runs).toEqual([cold])
})

test('a round is the mean of the passes that make up a second of processor time, after the first and three that warm up', async () => {
  const { pass, passes } = numbered()
  const { runs, cold, rows, read } = await measurePasses({ read: 7, pass, close }, { warmUpSeconds: 1e-9, rounds: 1 })
  // Passes 5 and 6 take 0.5 and 0.6 seconds; the last one only shows its result.
  expect(passes).toEqual([true, false, false, false, false, false, true])
  expect(runs[0]?.cpuSeconds).toBeCloseTo(0.55)
  expect(runs[0]?.seconds).toBeCloseTo(1.1)
  expect(cold.cpuSeconds).toBeCloseTo(0.1)
  expect([rows, read]).toEqual([2, 7])
})

test('what gives another result once it is warm is not measured', async () => {
  const { pass } = numbered((at) => (at === 1 ? RESULT : { rows: 2, checksum: 'another' }))
  await expect(measurePasses({ read: 7, pass, close }, { warmUpSeconds: 1e-9, rounds: 1 })).rejects.toThrow('another result')
})
