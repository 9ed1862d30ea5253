import { MillraceError } from '@millrace/base'
import type { Graph, Overview } from '@millrace/serve'
import { openReader } from '@millrace/store'
import { type CommandDefinition, EXIT } from '../cli/command.ts'
import { tableLines } from '../cli/table.ts'
import type { Terminal } from '../cli/terminal.ts'
import { loadProject, type Project } from '../config/project.ts'
import { askRunning } from '../engine/ask-running.ts'
import { reportLines } from '../engine/report.ts'
import { readRunFile } from '../engine/run-file.ts'

export const status: CommandDefinition = {
  usage: '',
  example: 'millrace status\nmillrace status --json',
  positionals: { least: 0, most: 0 },
  options: {},
  details:
    'Asks the running process; while none runs, it tells what the store holds. Exit code 0 if all is well or still catching up,\n' +
    '1 if something needs a person or nothing runs.',
  async run({ terminal, folder }) {
    const project = await loadProject(folder)
    const running = readRunFile(project.storePath)
    return running === null ? showStored(terminal, project) : showRunning(terminal, running)
  },
}

async function showRunning(terminal: Terminal, running: { url: string; pid: number }): Promise<number> {
  const overview = await askRunning<Overview>(running.url, '/api/overview')
  const graph = await askRunning<Graph>(running.url, '/api/graph')
  const code = overview.answer.trust === 'no' ? EXIT.FAILED : EXIT.OK
  if (terminal.json) {
    terminal.value({ running: true, pid: running.pid, console: running.url, ...overview, ...graph })
    return code
  }
  const style = overview.answer.trust === 'yes' ? 'green' : overview.answer.trust === 'wait' ? 'yellow' : 'red'
  terminal.out(`${terminal.paint(style, '●')} ${terminal.paint('bold', overview.answer.headline)}`)
  terminal.out(`  ${overview.answer.sentence}`)
  terminal.out('')
  for (const line of reportLines(terminal, graph.nodes)) terminal.out(line)
  terminal.out('')
  terminal.out(`Process ${running.pid}, cut ${overview.cut}, console ${running.url}`)
  return code
}

function showStored(terminal: Terminal, { storePath }: Project): number {
  const reader = openReader(storePath)
  try {
    const cut = reader.cut()
    const streams = reader.streams().map(({ name, kind }) => {
      const extents = reader.extents(name)
      return {
        name,
        kind,
        first: Math.min(...extents.map((extent) => extent.first)),
        changes: extents.reduce((sum, extent) => sum + extent.next - extent.first, 0),
        bytes: extents.reduce((sum, extent) => sum + extent.bytes, 0),
      }
    })
    const hint = new MillraceError('NOT_RUNNING', { details: { store: storePath } })
    if (terminal.json) terminal.value({ running: false, cut, streams, error: hint.toJSON() })
    else {
      terminal.out(`${terminal.paint('magenta', '●')} ${terminal.paint('bold', 'Nothing runs')}  ${hint.hint}`)
      terminal.out('')
      const rows = streams.map(({ name, kind, changes, bytes }) => [
        kind === 'model' ? 'model' : 'stream',
        name,
        String(changes),
        `${(bytes / 1e6).toFixed(1)} MB`,
      ])
      const columns = [
        { title: '' },
        { title: 'name' },
        { title: 'changes', align: 'right' as const },
        { title: 'stored', align: 'right' as const },
      ]
      for (const line of tableLines(terminal, columns, rows)) terminal.out(line)
      terminal.out('')
      terminal.out(`The store ${storePath} stands at cut ${cut}.`)
    }
  } finally {
    reader.close()
  }
  return EXIT.FAILED
}
