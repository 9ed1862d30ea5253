import { sqlNameOf } from '@millrace/core'
import type { BoundModel } from '@millrace/sql'
import { tableLines } from '../cli/table.ts'
import type { Terminal } from '../cli/terminal.ts'
import type { Project } from '../config/project.ts'

/** Live models and deliveries that take from a live model, by name. */
export function readersOf({ config }: Project, live: readonly BoundModel[], name: string): string[] {
  const models = live.filter(({ inputs }) => inputs.includes(name)).map((model) => model.name)
  const deliveries = Object.entries(config.deliveries ?? {}).filter(([, { from }]) => from === name)
  return [...models, ...deliveries.map(([delivery]) => `delivery ${delivery}`)]
}

export function explainLive(terminal: Terminal, model: BoundModel, readers: readonly string[]): void {
  const { name, file, fingerprint, inputs, schema } = model
  const key = schema.key.map((at) => schema.columns[at]?.name ?? '')
  const columns = schema.columns.map((column) => ({ name: column.name, type: sqlNameOf(column.type), nullable: column.nullable }))
  if (terminal.json) return terminal.value({ name, file, materialize: 'live', fingerprint, inputs, readers, key, columns })
  terminal.out(`${terminal.paint('bold', name)}  live  ${terminal.paint('dim', file)}`)
  terminal.out(`reads    ${inputs.join(', ') || 'nothing'}`)
  terminal.out(`read by  ${readers.join(', ') || 'nobody'}`)
  terminal.out(`meaning  ${fingerprint}`)
  terminal.out(`key      ${key.join(', ') || 'none: rows are told apart as a whole'}`)
  terminal.out('')
  const lines = columns.map((column) => [column.name, column.type, column.nullable ? 'may be NULL' : ''])
  for (const line of tableLines(terminal, [{ title: 'column' }, { title: 'type' }, { title: '' }], lines)) terminal.out(line)
}
