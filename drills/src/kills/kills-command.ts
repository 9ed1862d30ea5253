import { type Command, defineCommand } from '@millrace/testing'
import { type Phase, PHASES } from './phase.ts'

export const kills: Command = defineCommand({
  name: 'kills',
  summary: `kill the process while it reads tables, fills later ones, follows the stream, takes files and events;
compare every source with the log: what is lost, what is repeated`,
  options: {
    kills: { default: 20, help: 'how often' },
    seed: { default: 1, help: 'the seed of the loads and of the kills' },
    phases: { default: PHASES.join(','), help: 'where the kills fall, with commas between' },
    keep: { default: false, help: 'keep the folder with store and logs' },
  },
  async run({ phases, ...values }, note) {
    const { killsDrill } = await import('./kills-drill.ts')
    const outcome = await killsDrill({ ...values, phases: phases.split(',').map(phaseNamed), note })
    return { outcome, ok: outcome.lost === 0 && outcome.duplicated === 0 }
  },
})

function phaseNamed(name: string): Phase {
  const phase = PHASES.find((each) => each === name.trim())
  if (phase === undefined) throw new Error(`There is no phase ${name}; there are ${PHASES.join(', ')}.`)
  return phase
}
