import { expect, test } from 'vitest'
import { graphBench } from '../graph-bench.ts'
import { STEPS } from './graph-peer.ts'

/** The first run fetches the peers. */
const LIMIT_MS = 600_000

test.for(['dbt', 'sqlmesh'])(
  '%s computes every table of the same graph to the same rows, after an edit and in a new environment too',
  { timeout: LIMIT_MS },
  async (peer) => {
    const [outcome] = await graphBench({ models: 12, shape: 'random', rows: 50, seed: 1, keep: false, peer, note: () => {} })
    const [figures] = outcome?.peers ?? []
    expect(figures).toMatchObject({ peer, differing: 0 })
    expect(Object.keys(figures?.seconds ?? {})).toEqual([...STEPS])
    for (const times of [figures?.seconds, figures?.cpuSeconds]) expect(Object.values(times ?? {}).every((time) => time > 0)).toBe(true)
    expect(figures?.ratios.cpuSeconds.full).toBeGreaterThan(0)
    expect(figures?.peakMb).toBeGreaterThan(0)
  },
)
