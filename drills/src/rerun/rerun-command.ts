import { type Command, defineCommand } from '@millrace/testing'

export const rerun: Command = defineCommand({
  name: 'rerun',
  summary: `kill a run of batch models (tables, views, by key, by interval, histories) at named points and at random, look at what it shows, and run again: rows that
are lost, repeated or half visible, and models that were computed twice`,
  options: {
    kills: { default: 50, quick: 4, help: 'how often' },
    models: { default: 40, quick: 12, help: 'how many models' },
    seed: { default: 1, help: 'the seed of the graph and of the kills' },
    keep: { default: false, help: 'keep the folder' },
  },
  async run(values, note) {
    const { rerunDrill } = await import('./rerun-drill.ts')
    const outcome = await rerunDrill({ ...values, note })
    const { duplicated, lost, wrong, halfVisible, repeatedModels, kills, killed } = outcome
    return { outcome, ok: duplicated + lost + wrong + halfVisible + repeatedModels === 0 && killed === kills }
  },
})
