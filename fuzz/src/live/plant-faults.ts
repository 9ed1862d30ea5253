/** Runs the fuzzer on a copy of the sources with a fault in it, once for each fault, until it is found. */
import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Plant, PLANTS } from './plants.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
/** What the fuzzer runs from. */
const SOURCES = ['packages', 'fuzz', 'testing', 'package.json']
const SCOPE = '@millrace'
const PLANT_MS_LIMIT = 900_000

export interface PlantOptions {
  readonly cases: number
  readonly seed: number
  readonly note: (line: string) => void
}

export interface PlantOutcome {
  readonly planted: number
  readonly found: number
  /** After how many cases each fault was found; null where it was not. */
  readonly faults: readonly { readonly name: string; readonly cases: number | null }[]
}

export async function plantFaults({ cases, seed, note }: PlantOptions): Promise<PlantOutcome> {
  const copy = copiedSources()
  try {
    const faults: { name: string; cases: number | null }[] = []
    for (const plant of PLANTS) {
      const mend = planted(copy, plant)
      const found = mend === null ? null : await casesUntilFound(copy, { cases, seed })
      mend?.()
      faults.push({ name: plant.name, cases: found })
      const missing = mend === null ? `${plant.file} has no such line, or several` : `not found in ${cases} cases`
      note(`${plant.name}: ${found === null ? missing : `found in ${found}`}`)
    }
    return { planted: faults.length, found: faults.filter((fault) => fault.cases !== null).length, faults }
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

/** The workspace's own packages are found in the copy, all others where they are installed. */
function copiedSources(): string {
  const copy = mkdtempSync(join(tmpdir(), 'millrace-plants-'))
  const filter = (source: string): boolean => !['node_modules', 'dist', 'corpus'].includes(basename(source))
  for (const source of SOURCES) cpSync(join(ROOT, source), join(copy, source), { recursive: true, filter })
  const [installed, modules] = [join(ROOT, 'node_modules'), join(copy, 'node_modules')]
  const folders = [...readdirSync(join(copy, 'packages')).map((name) => join('packages', name)), 'testing', 'fuzz']
  const own = new Map(folders.map((folder) => [packageName(join(copy, folder)), folder]))
  mkdirSync(join(modules, SCOPE), { recursive: true })
  for (const [name, folder] of own) symlinkSync(join(copy, folder), join(modules, name))
  for (const name of readdirSync(installed)) {
    if (name !== SCOPE && !own.has(name)) symlinkSync(join(installed, name), join(modules, name))
  }
  return copy
}

function packageName(folder: string): string {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { readonly name: string }
  return manifest.name
}

/** Returns what mends it; null where the sources do not have the place any more. */
function planted(copy: string, { file, from, to }: Plant): (() => void) | null {
  const path = join(copy, file)
  const text = readFileSync(path, 'utf8')
  if (text.split(from).length !== 2) return null
  writeFileSync(
    path,
    text.replace(from, () => to),
  )
  return () => writeFileSync(path, text)
}

interface Told {
  readonly cases: number
  readonly mismatches: number
}

async function casesUntilFound(copy: string, { cases, seed }: { cases: number; seed: number }): Promise<number | null> {
  const options = ['live', '--cases', String(cases), '--seed', String(seed), '--tries', '0', '--first', '--json']
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(copy, 'fuzz/src/main.ts'), ...options], {
    cwd: copy,
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: PLANT_MS_LIMIT,
  })
  let output = ''
  for await (const chunk of child.stdout) output += String(chunk)
  const told = JSON.parse(output) as Told
  return told.mismatches > 0 ? told.cases : null
}
