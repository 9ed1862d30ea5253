/** A query again and again: once as a process begins, then until it is warm, then measured. */
import type { Measured, Pass, Result, Runnable } from './measure.ts'
import { addTo, type Spent } from './stopwatch.ts'

export interface Passes {
  readonly warmUpSeconds: number
  readonly rounds: number
}

const WARM_UPS_MIN = 3
/** The same for Flink: what takes less is too little to be measured. */
const ROUND_CPU_SECONDS = 1
const ROUND_PASSES_MAX = 20

export async function measurePasses(runnable: Runnable, { warmUpSeconds, rounds }: Passes): Promise<Measured> {
  const first = await runnable.pass(true)
  const result = resultOf(first)
  const told = { ...result, cold: first.spent, peakBytes: process.resourceUsage().maxRSS * 1024, read: runnable.read }
  if (warmUpSeconds === 0) return { ...told, runs: [first.spent] }
  const until = performance.now() + warmUpSeconds * 1000
  for (let warmUps = 0; warmUps < WARM_UPS_MIN || performance.now() < until; warmUps += 1) await runnable.pass(false)
  const runs: Spent[] = []
  while (runs.length < rounds) runs.push(await round(runnable))
  // What was compiled in the meantime gives the same result.
  const last = resultOf(await runnable.pass(true))
  if (last.checksum !== result.checksum || last.rows !== result.rows) throw new Error('The last pass gave another result than the first.')
  return { ...told, runs }
}

/** The mean of as many passes as take a second of processor time. */
async function round(runnable: Runnable): Promise<Spent> {
  globalThis.gc?.()
  const sum = { seconds: 0, cpuSeconds: 0, processCpuSeconds: 0 }
  let passes = 0
  for (; sum.processCpuSeconds < ROUND_CPU_SECONDS && passes < ROUND_PASSES_MAX; passes += 1) addTo(sum, (await runnable.pass(false)).spent)
  return { seconds: sum.seconds / passes, cpuSeconds: sum.cpuSeconds / passes, processCpuSeconds: sum.processCpuSeconds / passes }
}

function resultOf({ result }: Pass): Result {
  if (result === null) throw new Error('The pass did not tell its result.')
  return result
}
