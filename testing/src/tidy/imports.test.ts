import { builtinModules } from 'node:module'
import { posix } from 'node:path'
import { expect, test } from 'vitest'
import { codeFiles, isForDevelopment, readManifest, type TextFile, type Workspace, workspaces } from '../house/tree.ts'

/** The way that data flows. A package may depend on those of earlier lines only. */
const STAGES: readonly (readonly string[])[] = [
  ['@millrace/base', '@millrace/agent', '@millrace/client'],
  ['@millrace/core', '@millrace/testing'],
  ['@millrace/store', '@millrace/guard', '@millrace/sql', '@millrace/schema'],
  ['@millrace/capture', '@millrace/live', '@millrace/batch'],
  ['@millrace/prove', '@millrace/legacy', '@millrace/deliver', '@millrace/watch'],
  ['@millrace/serve'],
  ['millrace'],
  ['@millrace/console', '@millrace/drills', '@millrace/fuzz', '@millrace/bench'],
]

interface Import {
  readonly path: string
  readonly specifier: string
}

const STATEMENT = /^\s*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|^\s*import\s*['"]([^'"]+)['"]/gm
const EXPRESSION = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g

/** Kept apart, so that a sample in a test is not taken for an import of that test. */
const KEYWORD = 'import'

function importsOf({ path, text }: TextFile): Import[] {
  const found = [...text.matchAll(STATEMENT), ...text.matchAll(EXPRESSION)]
  return found.map((match) => ({ path, specifier: match[1] ?? match[2] ?? '' }))
}

function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

const houses = workspaces()
const imports = codeFiles().flatMap(importsOf)
const houseOf = (path: string): Workspace => houses.find(({ folder }) => path.startsWith(`${folder}/`)) as Workspace
const outside = imports.filter(({ specifier }) => !/^(\.|node:|\$\{)/.test(specifier))

test('the tidy tests see the imports they judge', () => {
  const text = `import { a } from './a.ts'\nexport type { B } from '@millrace/core'\nimport 'x'\nconst c = await ${KEYWORD}('c/d')\n`
  expect(importsOf({ path: 'p.ts', text }).map(({ specifier }) => specifier)).toEqual(['./a.ts', '@millrace/core', 'x', 'c/d'])
  expect(imports.length).toBeGreaterThan(100)
})

test('every package has its place in the order of stages', () => {
  const placed = new Set(STAGES.flat())
  expect(houses.map(({ manifest }) => manifest.name).filter((name) => !placed.has(name))).toEqual([])
})

test('a package depends only on earlier stages', () => {
  const stageOf = (name: string): number => STAGES.findIndex((names) => names.includes(name))
  const wrong = houses.flatMap(({ manifest }) =>
    Object.keys(manifest.dependencies ?? {})
      .filter((name) => stageOf(name) >= 0 && stageOf(name) >= stageOf(manifest.name))
      .map((name) => `${manifest.name} depends on ${name}`),
  )
  expect(wrong).toEqual([])
})

test('a file imports only what its own package declares; tests may also use what is declared for development', () => {
  const rootDevelopment = readManifest('.').devDependencies ?? {}
  const wrong = outside.filter(({ path, specifier }) => {
    const { manifest } = houseOf(path)
    const name = packageOf(specifier)
    if (manifest.dependencies?.[name] !== undefined) return false
    const forDevelopment = isForDevelopment(path)
    return !(forDevelopment && (manifest.devDependencies?.[name] !== undefined || rootDevelopment[name] !== undefined))
  })
  expect(wrong).toEqual([])
})

test('a package is entered where it lets one in, never by a path into it', () => {
  const ways = new Set(
    houses.flatMap(({ manifest: { name, exports = {} } }) =>
      typeof exports === 'string' ? [name] : Object.keys(exports).map((way) => posix.join(name, way)),
    ),
  )
  const names = new Set(houses.map(({ manifest }) => manifest.name))
  expect(outside.filter(({ specifier }) => names.has(packageOf(specifier)) && !ways.has(specifier))).toEqual([])
})

test('a relative import stays inside its package and carries its extension', () => {
  const wrong = imports.filter(({ path, specifier }) => {
    if (!specifier.startsWith('.')) return false
    const target = posix.join(posix.dirname(path), specifier)
    return !target.startsWith(`${houseOf(path).folder}/`) || !/\.(ts|tsx|js|css|json|svg)$/.test(target)
  })
  expect(wrong).toEqual([])
})

test('what Node brings is imported as node:', () => {
  expect(outside.filter(({ specifier }) => builtinModules.includes(specifier))).toEqual([])
})
