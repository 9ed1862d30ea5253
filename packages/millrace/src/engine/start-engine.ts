import { systemRandom } from '@millrace/base'
import type { CommandContext } from '../cli/command.ts'
import type { Project } from '../config/project.ts'
import { Engine } from './engine.ts'
import { reportFailures } from './report.ts'

/** Starts a project for a command that has the option `--port`, and says where its console is. */
export async function startEngine({ terminal, clock, options }: CommandContext, project: Project): Promise<Engine> {
  const engine = await Engine.start({
    project,
    clock,
    random: systemRandom,
    onFailure: reportFailures(terminal),
    ...(typeof options['port'] === 'number' ? { port: options['port'] } : {}),
  })
  if (terminal.json) terminal.value({ event: 'ready', console: engine.url, pid: process.pid })
  else terminal.note(`${project.config.name} runs. Console: ${engine.url}`)
  return engine
}
