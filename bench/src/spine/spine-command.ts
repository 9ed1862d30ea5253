import { type Command, defineCommand } from '@millrace/testing'

export const spine: Command = defineCommand({
  name: 'spine',
  summary: `changes a second from commit to durable log, to live model, to delivery; beside it the ceiling:
the same replication stream read from a raw socket and thrown away; and the memory that a
large backlog takes`,
  options: {
    rounds: { default: 5, quick: 1, help: 'rounds, of which the medians are told' },
    changes: { default: 300_000, quick: 60_000, help: 'changes in the stream of each round' },
    backlog: { default: 2_000_000, quick: 200_000, help: 'changes that wait when memory is measured' },
  },
  async run(values, note) {
    const { spineBench } = await import('./spine.ts')
    return { outcome: await spineBench({ ...values, note }), ok: true }
  },
})
