import { existsSync } from 'node:fs'
import { join, posix } from 'node:path'
import { ERRORS } from '@millrace/base'
import { expect, test } from 'vitest'
import { ROOT } from '../house/root.ts'
import { filesUnder, readManifest, readText } from '../house/tree.ts'

const pages = filesUnder('.', /\.md$/).map((path) => ({ path, text: readText(path) }))
const commands = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map((match) => match[1] as string)

test('every npm script that a page names exists', () => {
  const scripts = readManifest('.').scripts ?? {}
  const wrong = pages.flatMap(({ path, text }) =>
    commands(text, /\bnpm run ([\w:-]+)/g)
      .filter((name) => scripts[name] === undefined)
      .map((name) => `${path}: npm run ${name}`),
  )
  expect(wrong).toEqual([])
})

test('every command that a page or a hint names is one that the program knows', () => {
  const known = new Set(commands(readText('packages/millrace/src/command/index.ts'), /^ {4}name: '([a-z]+)'/gm))
  const hints = Object.entries(ERRORS).map(([code, { hint }]) => ({ path: code, text: hint }))
  const wrong = [...pages, ...hints].flatMap(({ path, text }) =>
    commands(text, /`(?:npx )?millrace ([a-z]+)/g)
      .filter((name) => !known.has(name))
      .map((name) => `${path}: millrace ${name}`),
  )
  expect(wrong).toEqual([])
})

test('every link between pages leads somewhere', () => {
  const broken = pages.flatMap(({ path, text }) =>
    commands(text, /\]\(([^)\s]+)\)/g)
      .filter((target) => !/^(https?:|mailto:|#)/.test(target))
      .map((target) => posix.join(posix.dirname(path), target.split('#')[0] as string))
      .filter((target) => !existsSync(join(ROOT, target)))
      .map((target) => `${path}: ${target}`),
  )
  expect(broken).toEqual([])
})

test('the changelog tells of the version at hand', () => {
  expect(readText('CHANGELOG.md')).toContain(`## [${readManifest('.').version}]`)
})
