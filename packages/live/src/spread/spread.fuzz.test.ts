/** MILLRACE_FUZZ_RUNS sets how many cases; `npm run fuzz -- live --workers 2` does the same in threads, for thousands. */
import { expect, it } from 'vitest'
import { Judge } from '../testing/judge-case.ts'
import { randomCase } from '../testing/random-case.ts'
import { ShardsInPlace } from './shard-host.ts'

const RUNS = Number(process.env['MILLRACE_FUZZ_RUNS'] ?? 8)

it('law 3: a live model that is computed in shards equals DuckDB over the same rows', async () => {
  const judge = new Judge(new ShardsInPlace(3))
  try {
    const first = Number(process.env['MILLRACE_FUZZ_SEED'] ?? 1)
    for (let seed = first; seed < first + RUNS; seed += 1) {
      const { difference } = await judge.judge(randomCase(seed))
      expect({ seed, difference }).toEqual({ seed, difference: null })
    }
  } finally {
    judge.close()
  }
}, 3_600_000)
