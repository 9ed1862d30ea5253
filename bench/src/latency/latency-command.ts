import { type Command, defineCommand } from '@millrace/testing'

export const latency: Command = defineCommand({
  name: 'latency',
  summary: `changes at a steady rate into the log, a four-way join over them kept live in the same process: how long
from the commit that holds a change to the commit that publishes what it does, and the proof at the end`,
  options: {
    rate: { default: 50_000, quick: 10_000, help: 'changes a second' },
    seconds: { default: 30, quick: 5, help: 'how long it is measured, after a warm-up of a third of that' },
    orders: { default: 50_000, quick: 5000, help: 'orders that are there at the start, each with three items' },
    every: { default: 10, help: 'milliseconds between two commits of the source' },
    seed: { default: 1, help: 'the seed of the changes' },
  },
  async run(values, note) {
    const { latencyBench, latencyText } = await import('./latency-bench.ts')
    const outcome = await latencyBench({ ...values, note })
    return { outcome, ok: outcome.proof === 'equal', text: latencyText(outcome) }
  },
})
