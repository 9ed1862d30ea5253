import { type Command, defineCommand } from '@millrace/testing'

export const live: Command = defineCommand({
  name: 'live',
  summary: `random queries over random histories, with restarts and kills: after each commit the live
result equals DuckDB's; a case that does not is made small and written to testing/corpus/live`,
  options: {
    cases: { default: 200, quick: 20, help: 'how many cases, of four queries each' },
    seed: { default: 1, help: 'the seed of the cases' },
    only: { default: '', help: 'only the cases of these numbers, with commas between' },
    workers: { default: 1, help: 'threads over which the models are spread; 1: none but the runner itself' },
    lanes: { default: 4, help: 'cases at once: one waits for the disk while another computes' },
    tries: { default: 600, help: 'how many smaller cases are tried of one that fails' },
    from: { default: 0, help: 'the number of the first case' },
    first: { default: false, help: 'stop at the first case that fails' },
    plants: { default: false, help: 'plant known faults in a copy of the sources; each must be found within so many cases' },
  },
  async run({ cases, seed, only, workers, lanes, tries, from, first, plants }, note) {
    if (plants) {
      const { plantFaults } = await import('./plant-faults.ts')
      const outcome = await plantFaults({ cases, seed, note })
      return { outcome, ok: outcome.found === outcome.planted }
    }
    const { fuzzLive } = await import('./fuzz-live.ts')
    const numbers = only === '' ? Array.from({ length: cases }, (_, at) => from + at) : only.split(',').map(Number)
    const outcome = await fuzzLive({ numbers, seed, workers, lanes, tries, stopsAtFirst: first, note })
    return { outcome, ok: outcome.mismatches === 0 }
  },
})
