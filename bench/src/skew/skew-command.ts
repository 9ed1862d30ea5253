import { type Command, defineCommand } from '@millrace/testing'

export const skew: Command = defineCommand({
  name: 'skew',
  summary: `a real Postgres with frequent keys planted in it, captured: whether \`millrace skew\` finds them all, what it
foretells each partition to hold against what Postgres puts there, and the slowest shard before and after`,
  options: {
    rows: { default: 1_000_000, quick: 60_000, help: 'rows of the table' },
    shards: { default: 16, help: 'partitions' },
    seed: { default: 1, help: 'the seed of the rows' },
  },
  async run(values, note) {
    const { skewBench, skewText } = await import('./skew-bench.ts')
    const outcome = await skewBench({ ...values, note })
    return { outcome, ok: outcome.missed.length === 0 && outcome.errorMax <= 0.05, text: skewText(outcome) }
  },
})
