import { type CommandDefinition, EXIT } from '../cli/command.ts'
import { runDemo } from '../demo/demo.ts'

export const demo: CommandDefinition = {
  usage: '[options]',
  example: 'npm run demo\nnpm run demo -- --seconds 20 --json',
  positionals: { least: 0, most: 0 },
  options: {
    seconds: { type: 'number', value: 'N', summary: 'end by itself after N seconds of work, with a summary; default: at Ctrl-C' },
    rate: { type: 'number', value: 'N', summary: 'changes a second that the shop makes; default 200' },
    seed: { type: 'number', value: 'N', summary: 'the seed of the workload; default 1' },
    port: { type: 'number', value: 'N', summary: 'the port of the console; default 4770, or a free one if that is taken' },
    keep: { type: 'flag', summary: 'keep the store, and say where' },
  },
  details:
    'Needs nothing but what npm brought. Everything it starts ends with it. At the end it lets the last change arrive, then counts\n' +
    'what was lost or repeated, and compares the live model with the same SQL in batch. Exit code 0 only if all of it is right.',
  async run(context) {
    const summary = await runDemo(context)
    if (summary === null) return EXIT.INTERRUPTED
    if (summary.proof !== 'equal') return EXIT.MISMATCH
    return summary.lost === 0 && summary.duplicated === 0 ? EXIT.OK : EXIT.FAILED
  },
}
