/** SQL over what an environment shows. */
import { checkBinding, openEnvironment, runError } from '@millrace/batch/graph'
import { MillraceError } from '@millrace/base'
import { EXIT } from '../cli/command.ts'
import { tableLines } from '../cli/table.ts'
import type { Terminal } from '../cli/terminal.ts'
import type { Project } from '../config/project.ts'
import { graphFolder } from '../engine/check-batch.ts'
import { openCatalog } from '../engine/open-graph.ts'

export interface EnvironmentQuery {
  readonly environment: string
  readonly sql: string
  readonly limit: number
}

export async function queryEnvironment(
  terminal: Terminal,
  project: Project,
  { environment, sql, limit }: EnvironmentQuery,
): Promise<number> {
  const catalog = openCatalog(project)
  try {
    const opened = await openEnvironment({ catalog, folder: graphFolder(project), environment, sql })
    try {
      await checkBinding(opened.connection, sql, [...catalog.publishedMeanings(environment).keys()])
      const reader = await opened.connection.streamAndReadUntil(sql, limit + 1)
      const names = reader.deduplicatedColumnNames()
      const rows = reader.getRowsJson().slice(0, limit)
      if (terminal.json) for (const row of rows) terminal.value(Object.fromEntries(names.map((name, at) => [name, row[at] ?? null])))
      else {
        const titles = names.map((title) => ({ title }))
        for (const line of tableLines(
          terminal,
          titles,
          rows.map((row) => row.map(textOf)),
        ))
          terminal.out(line)
        terminal.note(
          terminal.paint(
            'dim',
            `${rows.length} rows${reader.currentRowCount > limit ? ' (there are more: --limit N)' : ''} in ${environment}`,
          ),
        )
      }
    } catch (error) {
      throw error instanceof MillraceError ? error : runError(sql, error)
    } finally {
      opened.close()
    }
  } finally {
    catalog.close()
  }
  return EXIT.OK
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return 'NULL'
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
