/** The repository as text: what the tidy tests read. Nothing that is installed or built belongs to it. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { ROOT } from './root.ts'

export interface TextFile {
  /** From the top of the repository, with forward slashes. */
  readonly path: string
  readonly text: string
}

export interface Manifest {
  readonly name: string
  readonly version: string
  readonly license?: string
  readonly type?: string
  readonly exports?: string | Readonly<Record<string, unknown>>
  readonly scripts?: Readonly<Record<string, string>>
  readonly workspaces?: readonly string[]
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

export interface Workspace {
  /** `packages/base`, `console`. */
  readonly folder: string
  readonly manifest: Manifest
}

const LEFT_OUT: ReadonlySet<string> = new Set(['node_modules', 'dist', '.git', '.millrace', 'coverage'])
const CODE = /\.(ts|tsx|js)$/

export function filesUnder(folder: string, pattern: RegExp): readonly string[] {
  const entries = readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true })
  return entries
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !path.split('/').some((part) => LEFT_OUT.has(part)))
    .toSorted()
}

export function readText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

export function readManifest(folder: string): Manifest {
  return JSON.parse(readText(join(folder, 'package.json'))) as Manifest
}

/** All workspaces that have a manifest, in the order of the root's list. */
export function workspaces(): readonly Workspace[] {
  const folders = (readManifest('.').workspaces ?? []).flatMap((pattern) =>
    pattern.endsWith('/*')
      ? filesUnder(pattern.slice(0, -2), /^package\.json$/)
          .filter((path) => path.split('/').length === 3)
          .map((path) => path.slice(0, -'/package.json'.length))
      : [pattern],
  )
  return folders.map((folder) => ({ folder, manifest: readManifest(folder) }))
}

/** Every file of code in every workspace. */
export function codeFiles(): readonly TextFile[] {
  return workspaces()
    .flatMap(({ folder }) => filesUnder(folder, CODE))
    .map((path) => ({ path, text: readText(path) }))
}

export function isTest(path: string): boolean {
  return /\.test\.tsx?$/.test(path)
}

/** Tests, what only tests use, and whatever else lies beside a package's `src`: measurements, a trial server. */
export function isForDevelopment(path: string): boolean {
  return isTest(path) || /^(packages\/[^/]+|console)\/(?!src\/|bin\/)/.test(path) || /\/src\/(.*\/)?(testing|fixtures)\//.test(path)
}

/** What a user's machine runs. */
export function isShipped(path: string): boolean {
  return path.startsWith('packages/') && !isForDevelopment(path)
}
