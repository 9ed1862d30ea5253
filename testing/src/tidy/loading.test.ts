/** What a command loads before it does anything: half of a short command's time. */
import { posix } from 'node:path'
import { expect, test } from 'vitest'
import { readText, workspaces } from '../house/tree.ts'

const VALUES = /^\s*(?:import|export)\s+(?!type\b)[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|^\s*import\s*['"]([^'"]+)['"]/gm

const houses = new Map(workspaces().map(({ folder, manifest }) => [manifest.name, { folder, exports: manifest.exports }]))

/** The file that a specifier means; null where it is of no workspace. */
function fileOf(specifier: string, from: string): string | null {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(from), specifier)
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
  const house = houses.get(name)
  if (house === undefined) return null
  const { folder, exports } = house
  const way = specifier === name ? '.' : `.${specifier.slice(name.length)}`
  return posix.join(folder, String(typeof exports === 'string' ? exports : exports?.[way]))
}

/** The packages from elsewhere that are loaded with a file, at once and by what it loads, each with the file that loads it first. */
function loadedWith(start: string): Record<string, string> {
  const found: Record<string, string> = {}
  const seen = new Set([start])
  for (const path of seen) {
    for (const match of readText(path).matchAll(VALUES)) {
      const specifier = match[1] ?? match[2] ?? ''
      const file = fileOf(specifier, path)
      if (file !== null) seen.add(file)
      else if (!specifier.startsWith('node:')) found[specifier] ??= path
    }
  }
  return found
}

test('what is loaded is found through packages and files', () => {
  expect(Object.keys(loadedWith('packages/millrace/src/command/dev.ts'))).toEqual(
    expect.arrayContaining(['@duckdb/node-api', 'pg', 'ws', 'zod']),
  )
})

test.each(['check', 'plan', 'run', 'apply', 'ls', 'explain', 'runs', 'versions', 'rollback'])(
  '`millrace %s` loads DuckDB and the drivers of databases only once there is something to bind, to run or to ask',
  (command) => {
    expect(Object.keys(loadedWith(`packages/millrace/src/command/${command}.ts`))).toEqual(['zod'])
  },
)
