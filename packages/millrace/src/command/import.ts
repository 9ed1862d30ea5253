import { MillraceError } from '@millrace/base'
import { type ImportReport, openLegacyDatabase, writeProject } from '@millrace/legacy'
import { existsSync, readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { type CommandDefinition, EXIT } from '../cli/command.ts'
import type { Terminal } from '../cli/terminal.ts'
import { VERSION } from '../version.ts'

export const importTree: CommandDefinition = {
  usage: 'URL [options]',
  example: 'millrace import postgres://reader@db.internal/erp --into erp --snapshot',
  positionals: { least: 1, most: 1 },
  options: {
    into: { type: 'text', value: 'FOLDER', summary: 'the project to write; default: a folder named for the database' },
    schemas: { type: 'text', value: 'A,B', summary: 'whose views to move, with those that they read; default: of every schema' },
    snapshot: { type: 'flag', summary: 'copy the tables’ rows to seeds/, so that the project runs without the database' },
  },
  details:
    'Reads views (of Postgres also materialized views and SQL functions) of postgres://, mysql:// or mariadb:// under one consistent view that writes\n' +
    'nothing, and makes a model of each. Types, overloads and conversions are taken from the database or checked against it, not guessed. What has no\n' +
    'exact counterpart in DuckDB is listed with its reason and left as a model that is disabled. PGPASSWORD is read where a Postgres url has no password.\n' +
    'Exit code 0 where all were translated, 3 where some are listed.',
  async run({ positionals, options, terminal, folder: current }) {
    const database = await openLegacyDatabase(positionals[0] ?? '')
    try {
      const source = sourceName(database.database)
      const folder = resolve(current, typeof options['into'] === 'string' ? options['into'] : source)
      if (existsSync(folder) && readdirSync(folder).length > 0) throw new MillraceError('IMPORT_FOLDER_NOT_EMPTY', { details: { folder } })
      const schemas = typeof options['schemas'] === 'string' ? options['schemas'].split(',').map((schema) => schema.trim()) : []
      const snapshot = options['snapshot'] === true
      const tree = database.translate({ source, schemas, streamed: !snapshot })
      if (tree.models.length === 0) {
        const among = schemas.length === 0 ? 'any schema that this user sees' : schemas.join(', ')
        throw new MillraceError('IMPORT_NOTHING', { details: { database: database.database, schemas: among } })
      }
      const report = await writeProject(tree, database, { folder, source, version: VERSION, snapshot })
      if (terminal.json) terminal.value({ folder, ...report })
      else show(terminal, folder, report)
      return report.refused.length === 0 ? EXIT.OK : EXIT.MISMATCH
    } finally {
      await database.close()
    }
  },
}

/** A name that a source may have, from that of the database. */
function sourceName(database: string): string {
  const plain = database
    .toLowerCase()
    .replaceAll(/[^a-z0-9_]/g, '_')
    .replace(/^[^a-z]+/, '')
  return plain === '' ? 'legacy' : plain
}

const SHOWN_MAX = 20

function show(terminal: Terminal, folder: string, report: ImportReport): void {
  const { views, translated, refused, waiting, renamed, tables, rows } = report
  terminal.out(`${translated} of ${views} views are models now, over ${tables.length} tables: ${folder}`)
  if (rows > 0) terminal.out(`${rows.toLocaleString('en-US')} rows copied to seeds/`)
  for (const { view, construct, reason, line, column } of refused.slice(0, SHOWN_MAX)) {
    terminal.out(
      `${terminal.paint('yellow', 'not translated')} ${view}${line === null ? '' : `:${line}:${column}`}: ${construct}: ${reason}`,
    )
  }
  if (refused.length > SHOWN_MAX) terminal.out(`and ${refused.length - SHOWN_MAX} more: see import.json`)
  if (waiting.length > 0) terminal.out(`${waiting.length} models read what was not translated, and wait for it: see import.json`)
  for (const { view, model } of renamed.slice(0, SHOWN_MAX))
    terminal.out(`${terminal.paint('dim', 'renamed')} ${view} is the model ${model}`)
}
