import { type Command, defineCommand } from '@millrace/testing'

export const live: Command = defineCommand({
  name: 'live',
  summary: `random queries over random histories, with restarts and kills: after each commit the live
result equals DuckDB's; a case that does not is made small and written to testing/corpus/live`,
  options: {
    cases: { default: 200, quick: 20, help: 'how many cases, of four queries each' },
    seed: { default: 1, help: 'the seed of the cases' },
    only: { default: '', help: 'only the cases of these numbers, with commas between' },
    lanes: { default: 4, help: 'cases at once: one waits for the disk while another computes' },
    tries: { default: 600, help: 'how many smaller cases are tried of one that fails' },
  },
  async run({ cases, seed, only, lanes, tries }, note) {
    const { fuzzLive } = await import('./fuzz-live.ts')
    const numbers = only === '' ? Array.from({ length: cases }, (_, at) => at) : only.split(',').map(Number)
    const outcome = await fuzzLive({ numbers, seed, lanes, tries, note })
    return { outcome, ok: outcome.mismatches === 0 }
  },
})
