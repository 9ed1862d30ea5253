import { type Command, defineCommand } from '@millrace/testing'

export const crash: Command = defineCommand({
  name: 'crash',
  summary: 'kill the process at named points and at random, under load; count what was lost or repeated',
  options: {
    kills: { default: 20, help: 'how often' },
    workers: { default: 1, help: 'threads over which the live models are spread' },
    seed: { default: 1, help: 'the seed of the workload and of the kills' },
    keep: { default: false, help: 'keep the folder with store and logs' },
  },
  async run(values, note) {
    const { crashDrill } = await import('./crash-drill.ts')
    const outcome = await crashDrill({ ...values, note })
    return { outcome, ok: outcome.lost === 0 && outcome.duplicated === 0 && outcome.proof === 'equal' }
  },
})
