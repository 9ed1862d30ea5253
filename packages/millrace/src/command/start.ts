import { type CommandDefinition, EXIT } from '../cli/command.ts'
import { loadProject } from '../config/project.ts'
import { runningLines } from '../engine/report.ts'
import { startEngine } from '../engine/start-engine.ts'

export const start: CommandDefinition = {
  usage: '[options]',
  example: 'millrace start --port 4770',
  positionals: { least: 0, most: 0 },
  options: {
    port: { type: 'number', value: 'N', summary: 'the port of the API and the console; 0 takes a free one' },
  },
  details: 'Runs until Ctrl-C or SIGTERM, then ends what it started; nothing is lost either way. With --json, one line of status a second.',
  async run(context) {
    const { terminal, clock, signal, folder } = context
    const engine = await startEngine(context, await loadProject(folder))
    try {
      while (!signal.aborted) {
        if (terminal.json) terminal.value({ event: 'status', ...engine.api.overview() })
        else terminal.panel(runningLines(terminal, engine))
        await clock.sleep(1000, signal).catch(() => undefined)
      }
    } finally {
      terminal.endPanel()
      if (!terminal.json) terminal.note('Stopping…')
      await engine.stop()
    }
    return EXIT.OK
  },
}
