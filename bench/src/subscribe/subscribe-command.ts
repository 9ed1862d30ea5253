import { type Command, defineCommand } from '@millrace/testing'

export const subscribe: Command = defineCommand({
  name: 'subscribe',
  summary: `subscribers of one live model, in processes of their own: from the commit of a change in the log, over
the live model, to the last of them; and look-ups by key. Beside each its ceiling in the same run:
the same bytes written to as many bare sockets, and an HTTP server that answers a constant`,
  options: {
    subscribers: { default: 10_000, quick: 500, help: 'subscribers of the one model' },
    ticks: { default: 60, quick: 10, help: 'commits that are measured' },
    pause: { default: 500, quick: 100, help: 'milliseconds between two commits' },
    rows: { default: 1_000, help: 'rows of the model: each subscriber is told all of them first' },
    lookups: { default: 40_000, quick: 4_000, help: 'look-ups at each concurrency' },
  },
  async run(values, note) {
    const { subscribeBench } = await import('./subscribe.ts')
    return { outcome: await subscribeBench({ ...values, note }), ok: true }
  },
})
