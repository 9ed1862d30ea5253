import { MillraceError } from '@millrace/base'
import { join } from 'node:path'
import { type CommandContext, type CommandDefinition, EXIT } from '../cli/command.ts'
import { showError } from '../cli/show-error.ts'
import { loadProject } from '../config/project.ts'
import { checkProject } from '../engine/check-project.ts'
import { freshSampleStore } from '../demo/sample-store.ts'
import { setDemoStage } from '../demo/stage.ts'
import type { Engine } from '../engine/engine.ts'
import { runningLines } from '../engine/report.ts'
import { startEngine } from '../engine/start-engine.ts'
import { ProjectEdits } from './project-edits.ts'

export const dev: CommandDefinition = {
  usage: '[options]',
  example: 'millrace dev\nmillrace dev --sample',
  positionals: { least: 0, most: 0 },
  options: {
    sample: { type: 'flag', summary: 'without a database of your own: start the demo’s busy shop, and a receiver, and follow that' },
    port: { type: 'number', value: 'N', summary: 'the port of the API and the console; 0 takes a free one' },
  },
  details: 'An edit that is not valid is shown, and what ran before goes on. Models that did not change keep their state.',
  async run(context) {
    const edits = new ProjectEdits(context.folder)
    const sample = context.options['sample'] === true ? await startSample(context) : null
    try {
      let engine = await startWhenValid(context, edits)
      while (engine !== null && !context.signal.aborted) {
        const edited = await watchUntilEdit(context, engine, edits)
        if (edited === null) break
        context.terminal.note(`${edited} changed.`)
        if (!(await isValid(context))) continue
        await engine.stop()
        engine = await startWhenValid(context, edits)
      }
      context.terminal.endPanel()
      await engine?.stop()
    } finally {
      edits.close()
      await sample?.end()
    }
    return EXIT.OK
  },
}

const SAMPLE_CHANGES_PER_SECOND = 50

/** A shop that moves, and a receiver; the project's references then point at them. Ends with the command. */
async function startSample({ terminal, clock, signal, folder }: CommandContext): Promise<{ end(): Promise<void> }> {
  freshSampleStore((await loadProject(folder)).storePath)
  const note = (line: string): void => terminal.note(terminal.paint('dim', line))
  const stage = await setDemoStage({ seed: 1, ratePerSecond: SAMPLE_CHANGES_PER_SECOND, clock, keep: false, note })
  const stop = new AbortController()
  const running = stage.workload.run(AbortSignal.any([signal, stop.signal]))
  return {
    end: async () => {
      stop.abort()
      await running
      await stage.end()
    },
  }
}

async function startWhenValid(context: CommandContext, edits: ProjectEdits): Promise<Engine | null> {
  const { terminal, clock, signal, folder } = context
  while (!signal.aborted) {
    try {
      const engine = await startEngine(context, await loadProject(folder))
      if (!terminal.json) terminal.note(`Edit ${join(folder, 'models')} and save.`)
      return engine
    } catch (error) {
      showError(terminal, error)
      if (isSecretMissing(error)) terminal.note('  Without a database at hand: `millrace dev --sample` brings one that moves.')
      terminal.note('Waiting for an edit…')
      while (!signal.aborted && edits.take() === null) await clock.sleep(100, signal).catch(() => undefined)
    }
  }
  return null
}

async function watchUntilEdit({ terminal, clock, signal }: CommandContext, engine: Engine, edits: ProjectEdits): Promise<string | null> {
  for (let tick = 0; !signal.aborted; tick += 1) {
    const edited = edits.take()
    if (edited !== null) return edited
    if (tick % 10 === 0) {
      if (terminal.json) terminal.value({ event: 'status', ...engine.api.overview() })
      else terminal.panel(runningLines(terminal, engine))
    }
    await clock.sleep(100, signal).catch(() => undefined)
  }
  return null
}

async function isValid({ terminal, folder }: CommandContext): Promise<boolean> {
  try {
    const { errors } = await checkProject(await loadProject(folder))
    for (const error of errors) showError(terminal, error)
    return errors.length === 0
  } catch (error) {
    showError(terminal, error)
    return false
  }
}

function isSecretMissing(error: unknown): boolean {
  return error instanceof MillraceError && error.code === 'CONFIG_SECRET_MISSING'
}
