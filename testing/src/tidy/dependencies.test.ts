import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from '../house/root.ts'
import { readManifest, readText, workspaces } from '../house/tree.ts'

interface LockEntry {
  readonly version?: string
  readonly resolved?: string
  readonly integrity?: string
  readonly link?: boolean
  readonly dev?: boolean
  readonly license?: string
}

/** Licences under which a part may be shipped beside Apache-2.0 without further duties. */
const COMPATIBLE: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'PostgreSQL',
  'Unlicense',
])

const lock = (JSON.parse(readText('package-lock.json')) as { packages: Record<string, LockEntry> }).packages
const installed = Object.entries(lock).filter(([path, entry]) => path.startsWith('node_modules/') && entry.link !== true)

test('everything that is installed comes from the registry, with its checksum', () => {
  const elsewhere = installed.filter(([, { resolved }]) => resolved !== undefined && !resolved.startsWith('https://registry.npmjs.org/'))
  expect(elsewhere).toEqual([])
  expect(installed.filter(([, { integrity }]) => integrity === undefined).map(([path]) => path)).toEqual([])
})

test('the lock knows every dependency that a manifest declares', () => {
  const missing = workspaces().flatMap(({ folder, manifest }) => {
    const locked = lock[folder] as { dependencies?: object; devDependencies?: object } | undefined
    const known = { ...locked?.dependencies, ...locked?.devDependencies }
    const declared = { ...manifest.dependencies, ...manifest.devDependencies }
    return Object.keys(declared).flatMap((name) => (name in known ? [] : [`${folder}: ${name}`]))
  })
  expect(missing).toEqual([])
})

test('what ships has licences that allow it', () => {
  const wrong = installed
    .filter(([, { dev }]) => dev !== true)
    .map(([path, { license }]) => {
      const own = existsSync(join(ROOT, path, 'package.json')) ? readManifest(path).license : undefined
      return { path, license: own ?? license ?? 'none' }
    })
    .filter(({ license }) => !COMPATIBLE.has(license))
  expect(wrong).toEqual([])
})

test('all packages of the house have one version, one licence and one kind of module', () => {
  const { version } = readManifest('.')
  for (const { folder, manifest } of workspaces()) {
    expect({ folder, version: manifest.version, license: manifest.license, type: manifest.type }).toEqual({
      folder,
      version,
      license: 'Apache-2.0',
      type: 'module',
    })
  }
})
