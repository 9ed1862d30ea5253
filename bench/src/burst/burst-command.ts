import { type Command, defineCommand } from '@millrace/testing'

export const burst: Command = defineCommand({
  name: 'burst',
  summary: `one transaction of many rows through a live join and its groups, taken in slices and at once: what it adds to the
memory of the process, how long it takes, and how long the changes of another model wait meanwhile`,
  options: {
    rows: { default: 5_000_000, quick: 200_000, help: 'how many rows the transaction has' },
    megabytes: { default: 256, quick: 256, help: 'what the state may take' },
  },
  async run(values, note) {
    const { burstBench, burstText } = await import('./burst-bench.ts')
    const outcome = await burstBench({ ...values, note })
    return { outcome, ok: outcome.problems.length === 0, text: burstText(outcome) }
  },
})
