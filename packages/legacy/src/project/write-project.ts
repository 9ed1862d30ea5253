/** Writes an imported tree as a project: models, the source or a snapshot of its tables, and what was found. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ImportedTree } from '../imported-tree.ts'
import type { LegacyDatabase } from '../legacy-database.ts'
import { modelPath, modelText } from './model-file.ts'
import { type ImportReport, importReport } from './report.ts'
import { writeSeeds } from './write-seeds.ts'

export interface ProjectRequest {
  readonly folder: string
  readonly source: string
  /** The version of Millrace that the project asks for. */
  readonly version: string
  /** Copies the tables' rows as seeds; otherwise the tables are followed as streams. */
  readonly snapshot: boolean
}

export async function writeProject(tree: ImportedTree, database: LegacyDatabase, request: ProjectRequest): Promise<ImportReport> {
  const { folder, source, version, snapshot } = request
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  for (const model of tree.models) write(modelPath(model), modelText(model))
  write('millrace.config.ts', configText(tree, { source, snapshot, database }))
  write('.gitignore', 'node_modules/\n.millrace/\n.env\n')
  const manifest = { name: source, private: true, type: 'module', dependencies: { millrace: `^${version}` } }
  write('package.json', `${JSON.stringify(manifest, null, 2)}\n`)
  const rows = snapshot ? await writeSeeds(tree.tables, database, join(folder, 'seeds')) : 0
  const report = importReport(tree, rows)
  write('import.json', `${JSON.stringify(report, null, 2)}\n`)
  return report
}

interface ConfigRequest extends Pick<ProjectRequest, 'source' | 'snapshot'> {
  readonly database: LegacyDatabase
}

function configText(tree: ImportedTree, { source, snapshot, database }: ConfigRequest): string {
  const followed = database.sourceTexts(tree, source).map((text) => `${text.trim().replaceAll(/^/gm, '    ')}\n`)
  const taken = `    // The tables that the views read were copied to seeds/ at the moment of the import.\n`
  return `import { defineProject${snapshot ? '' : `, env, ${database.kind}`} } from 'millrace'

export default defineProject({
  name: '${source}',
  sources: {
${snapshot ? taken : followed.join('')}  },
})
`
}
