import { type Proof, proveInThread } from '@millrace/prove'
import { MillraceError } from '@millrace/base'
import { openReader } from '@millrace/store'
import { type CommandDefinition, EXIT } from '../cli/command.ts'
import { tableLines } from '../cli/table.ts'
import type { Terminal } from '../cli/terminal.ts'
import { loadProject, type Project } from '../config/project.ts'
import { bindStored } from '../engine/bind-stored.ts'

export const prove: CommandDefinition = {
  usage: '[MODEL …] [options]',
  example: 'millrace prove order_totals',
  positionals: { least: 0, most: 1000 },
  options: {
    at: { type: 'number', value: 'CUT', summary: 'the cut of the log to compare at; default: the newest that the model reflects' },
  },
  details:
    'Rows are compared as multisets, with their types. Without a name every model is proven. Works beside a running process.\n' +
    'Exit code 0 if all are equal, 3 if one differs.',
  async run({ positionals, options, terminal, folder, signal }) {
    const project = await loadProject(folder)
    const names = positionals.length > 0 ? positionals : project.models.map((model) => model.name)
    const models = await boundModels(project)
    let equal = true
    for (const name of names) {
      if (!models.some((model) => model.name === name)) throw new MillraceError('STREAM_UNKNOWN', { details: { name } })
      if (terminal.live) terminal.panel([`Proving ${name}…`])
      const proof = await proveInThread({
        storePath: project.storePath,
        models,
        model: name,
        signal,
        ...(typeof options['at'] === 'number' ? { cut: options['at'] } : {}),
      })
      equal &&= proof.verdict === 'equal'
      if (terminal.json) terminal.value(proof)
      else show(terminal, proof)
    }
    return equal ? EXIT.OK : EXIT.MISMATCH
  },
}

async function boundModels(project: Project): ReturnType<typeof bindStored> {
  const reader = openReader(project.storePath)
  try {
    return await bindStored(project, reader)
  } finally {
    reader.close()
  }
}

function show(terminal: Terminal, proof: Proof): void {
  const at = `at cut ${proof.cut}, ${Math.round(proof.ms)} ms`
  if (proof.verdict === 'equal') {
    terminal.out(`${terminal.paint('green', 'equal')}  ${terminal.paint('bold', proof.model)}  ${proof.rows.live} rows, ${at}`)
    return
  }
  terminal.out(
    `${terminal.paint('red', 'different')}  ${terminal.paint('bold', proof.model)}  live ${proof.rows.live} rows, batch ${proof.rows.batch} rows, ${at}`,
  )
  const rows = proof.differences.map(({ key, live, batch, columns }) => [text(key), columns.join(', '), text(live), text(batch)])
  const columns = [{ title: 'key' }, { title: 'columns' }, { title: 'live' }, { title: 'batch' }]
  for (const line of tableLines(terminal, columns, rows)) terminal.out(`  ${line}`)
  if (proof.differentRows > rows.length) terminal.out(`  … and ${proof.differentRows - rows.length} more`)
}

function text(row: Readonly<Record<string, unknown>> | null): string {
  if (row === null) return '(none)'
  return Object.entries(row)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(' ')
}
