/** All files under `models/` and `seeds/` at once; what is wrong with their names and headers is collected. */
import { MillraceError } from '@millrace/base'
import { isUtf8 } from 'node:buffer'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import type { Budget } from './budget.ts'
import { type FolderSettings, foldedName, type GraphModel } from './model.ts'
import { readSettings } from './read-settings.ts'

export interface SeedFile {
  readonly name: string
  /** From the project's folder. */
  readonly file: string
}

export interface ProjectFiles {
  readonly models: readonly GraphModel[]
  readonly seeds: readonly SeedFile[]
  readonly errors: readonly MillraceError[]
}

const NAME = /^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?$/

export function readModels(folder: string, folders: Readonly<Record<string, FolderSettings>> = {}): ProjectFiles {
  const errors: MillraceError[] = []
  const taken = new Map<string, string>()
  const admit = (name: string, file: string): boolean => {
    const other = taken.get(foldedName(name))
    if (!NAME.test(name)) errors.push(nameError(name, file))
    else if (other !== undefined) errors.push(new MillraceError('MODEL_NAME_TAKEN', { details: { model: name, file, other } }))
    else taken.set(foldedName(name), file)
    return NAME.test(name) && other === undefined
  }
  const settingsOf = new Map<string, FolderSettings>()
  const models: GraphModel[] = []
  for (const file of filesOf(folder, 'models', ['.sql'])) {
    const name = basename(file, '.sql')
    if (!admit(name, file)) continue
    const own = settingsOf.get(dirname(file)) ?? folderSettings(file, folders)
    settingsOf.set(dirname(file), own)
    try {
      const sql = textOf(folder, file)
      models.push({ name, sql, file, settings: readSettings({ file, sql, folder: own }) })
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      errors.push(error)
    }
  }
  const seeds = filesOf(folder, 'seeds', ['.csv', '.parquet'])
    .map((file) => ({ name: basename(file, extname(file)), file }))
    .filter(({ name, file }) => admit(name, file))
  return { models, seeds, errors }
}

/** What is not UTF-8 would be read as replacement characters, and a text in the SQL would mean another. */
function textOf(folder: string, file: string): string {
  const bytes = readFileSync(join(folder, file))
  if (isUtf8(bytes)) return bytes.toString().replace(/^\uFEFF/, '')
  const lines = bytes.toString('latin1').split('\n')
  const line = lines.findIndex((each) => !isUtf8(Buffer.from(each, 'latin1'))) + 1
  const problem = line === 0 ? 'it is not UTF-8 text' : `its line ${line} is not UTF-8 text`
  throw new MillraceError('CONFIG_INVALID', { details: { file, problem, place: 'the file: save it in UTF-8' } })
}

function filesOf(folder: string, part: string, extensions: readonly string[]): string[] {
  if (!existsSync(join(folder, part))) return []
  return pathsIn(folder, part)
    .filter((path) => extensions.includes(extname(path)))
    .sort()
}

/** Node's own recursive reading asks the file system for each file once more, which a folder of thousands feels. */
function pathsIn(folder: string, part: string): string[] {
  const entries = readdirSync(join(folder, part), { withFileTypes: true })
  return entries.flatMap((entry) => {
    const path = `${part}/${entry.name}`
    return entry.isDirectory() || (entry.isSymbolicLink() && isFolder(join(folder, path))) ? pathsIn(folder, path) : [path]
  })
}

/** Of links that lead nowhere, or round in a circle, it is not. */
function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory()
}

/** The deepest folder that the config names and that holds the file; of budgets, each limit as the deepest that names it says. */
function folderSettings(file: string, folders: Readonly<Record<string, FolderSettings>>): FolderSettings {
  const path = file.slice('models/'.length)
  const holding = Object.keys(folders).filter((name) => name === '.' || path.startsWith(`${name.replace(/\/$/, '')}/`))
  const inward = holding.sort((one, other) => depthOf(one) - depthOf(other)).map((name) => folders[name] ?? {})
  return { ...inward.at(-1), budget: Object.assign({}, ...inward.map(({ budget }) => budget)) as Budget }
}

function depthOf(folder: string): number {
  return folder === '.' ? 0 : folder.length
}

function nameError(name: string, file: string): MillraceError {
  return new MillraceError('CONFIG_INVALID', {
    details: { file, problem: `'${name}' cannot name a model`, place: 'the file name: lower-case letters, digits, _ and one dot' },
  })
}
