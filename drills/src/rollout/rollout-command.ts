import { type Command, defineCommand } from '@millrace/testing'

export const rollout: Command = defineCommand({
  name: 'rollout',
  summary: `thousands of agents that start at once, and again when a schema has a newer version; count the server's
memory, requests and reads per schema, and what was lost or repeated`,
  options: {
    agents: { default: 5000, quick: 500, help: 'how many agents' },
    quick: { default: false, help: '500 agents, for a glance' },
    keep: { default: false, help: 'keep the folder with store and logs' },
  },
  async run({ agents, keep }, note) {
    const { rolloutDrill } = await import('./rollout-drill.ts')
    const outcome = await rolloutDrill({ agents, keep, note })
    return { outcome, ok: outcome.missed.length === 0 }
  },
})
