/**
 * Random queries over random histories, cut anywhere, with restarts and kills: after each step what the
 * models' streams say is what DuckDB computes over the same rows. MILLRACE_FUZZ_RUNS sets how many;
 * `npm run fuzz -- live` does the same for thousands, and makes what it finds small.
 */
import { expect, it } from 'vitest'
import { Judge } from './testing/judge-case.ts'
import { randomCase } from './testing/random-case.ts'

const RUNS = Number(process.env['MILLRACE_FUZZ_RUNS'] ?? 8)

it('law 3: at every committed position a live model equals DuckDB over the same rows', async () => {
  const judge = new Judge()
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
