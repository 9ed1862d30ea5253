import { queryLog } from '@millrace/batch'
import { valueToJson, valueToText } from '@millrace/core'
import { openReader } from '@millrace/store'
import { readFileSync } from 'node:fs'
import { type CommandDefinition, EXIT } from '../cli/command.ts'
import { tableLines } from '../cli/table.ts'
import { loadProject, readProject } from '../config/project.ts'
import { queryEnvironment } from './query-environment.ts'
import { bindStored } from '../engine/bind-stored.ts'

const ROWS_SHOWN_DEFAULT = 100

export const query: CommandDefinition = {
  usage: "'SQL' [options]",
  example: `millrace query 'select status, count(*) from shop.orders group by all'\necho 'from order_totals' | millrace query -`,
  positionals: { least: 1, most: 1 },
  options: {
    at: { type: 'number', value: 'CUT', summary: 'the cut of the log to read at; default: the newest' },
    env: { type: 'text', value: 'NAME', summary: 'read what this environment of batch models shows, and not the log' },
    limit: { type: 'number', value: 'N', summary: `show at most N rows; default ${ROWS_SHOWN_DEFAULT}` },
  },
  details:
    'All relations are read at the same cut, so the answer is one that the database could have given. A stream is the table as it\n' +
    'stood then; a stream with __changes added to its name (shop.orders__changes) is its history. The SQL is DuckDB’s; nothing is written.',
  async run({ positionals, options, terminal, folder }) {
    const sql = positionals[0] === '-' ? readFileSync(0, 'utf8') : (positionals[0] ?? '')
    const limit = typeof options['limit'] === 'number' ? options['limit'] : ROWS_SHOWN_DEFAULT
    // What was published is read whatever has become of the models' files since.
    if (typeof options['env'] === 'string')
      return queryEnvironment(terminal, await readProject(folder), { environment: options['env'], sql, limit })
    const project = await loadProject(folder)
    const reader = openReader(project.storePath)
    try {
      const models = await bindStored(project, reader)
      const answer = await queryLog({ reader, sql, models, limit, ...(typeof options['at'] === 'number' ? { cut: options['at'] } : {}) })
      const { columns } = answer
      if (terminal.json) {
        for (const row of answer.rows) {
          terminal.value(Object.fromEntries(columns.map(({ name, type }, at) => [name, valueToJson(type, row[at] ?? null)])))
        }
      } else {
        const cells = answer.rows.map((row) => columns.map(({ type }, at) => text(type, row[at] ?? null)))
        const titles = columns.map(({ name, type }) => ({
          title: name,
          align: isNumber(type.kind) ? ('right' as const) : ('left' as const),
        }))
        for (const line of tableLines(terminal, titles, cells)) terminal.out(line)
        terminal.note(
          terminal.paint('dim', `${answer.rows.length} rows${answer.more ? ' (there are more: --limit N)' : ''} at cut ${answer.cut}`),
        )
      }
    } finally {
      reader.close()
    }
    return EXIT.OK
  },
}

function text(type: Parameters<typeof valueToText>[0], value: Parameters<typeof valueToJson>[1]): string {
  return value === null ? 'NULL' : valueToText(type, value)
}

function isNumber(kind: string): boolean {
  return /^u?int|^hugeint|^decimal|^float/.test(kind)
}
