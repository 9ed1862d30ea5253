import { posix } from 'node:path'
import { expect, test } from 'vitest'
import { codeFiles, filesUnder, isShipped, isTest, workspaces } from '../house/tree.ts'

const LINES_MAX = 600
const LINES_LONG = 400
/** At most this share of all files may be long. */
const LONG_SHARE_MAX = 0.03

const files = codeFiles()
const linesOf = (text: string): number => text.split('\n').length - 1

function offenders(pattern: RegExp, among = files): string[] {
  return among.flatMap(({ path, text }) => {
    const lines = text.split('\n').flatMap((line, at) => (pattern.test(line) ? [`${path}:${at + 1}: ${line.trim()}`] : []))
    return lines
  })
}

test('no file is a room that wants dividing', () => {
  expect(files.filter(({ text }) => linesOf(text) > LINES_MAX).map(({ path, text }) => `${path}: ${linesOf(text)} lines`)).toEqual([])
})

test('few files are long', () => {
  const long = files.filter(({ text }) => linesOf(text) > LINES_LONG)
  expect(long.length, long.map(({ path, text }) => `${path}: ${linesOf(text)} lines`).join('\n')).toBeLessThanOrEqual(
    Math.ceil(files.length * LONG_SHARE_MAX),
  )
})

test('a file is named for what it is, in kebab-case', () => {
  const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*$/
  const empty = /(^|[-.])(utils?|helpers?|common|misc|shared|stuff)([-.]|$)/
  const names = workspaces().flatMap(({ folder }) => filesUnder(folder, /./))
  const wrong = names.filter((path) => {
    const name = posix.basename(path)
    // A peer in another language is named as that language wants it.
    if (path.startsWith('bench/peers/') || name.startsWith('.')) return false
    return !path.includes('/fixtures/') && (!kebab.test(name) || empty.test(name))
  })
  expect(wrong).toEqual([])
})

test('every package has one way in, with named exports', () => {
  for (const { folder } of workspaces().filter((workspace) => workspace.folder.startsWith('packages/'))) {
    const index = files.find(({ path }) => path === `${folder}/src/index.ts`)
    expect(index, `${folder}/src/index.ts`).toBeDefined()
    expect(index?.text, folder).toMatch(
      /^export (type )?\{ ?\S|^export \{$|^export type \{$|^export (const|class|function|interface|type) /m,
    )
    expect(index?.text, folder).not.toMatch(/^export \*/m)
  }
})

test('no test is skipped, postponed or run alone', () => {
  const word = ['skip', 'only', 'todo', 'skipIf', 'runIf', 'fails'].join('|')
  const tests = files.filter(({ path }) => isTest(path))
  expect(offenders(new RegExp(`\\b(it|test|describe|suite)(\\.\\w+)*\\.(${word})\\b`), tests)).toEqual([])
})

test('the name of a test is a sentence', () => {
  const tests = files.filter(({ path }) => isTest(path))
  expect(offenders(/^\s*(it|test)\((['"`])(?!\$\{)\S+\2/, tests)).toEqual([])
})

test('what Millrace raises has a code: no bare errors in what ships', () => {
  const shipped = files.filter(({ path }) => isShipped(path))
  expect(offenders(/\bthrow new (Error|TypeError|RangeError)\(/, shipped)).toEqual([])
})

test('unions of literals stand where others have enums', () => {
  expect(offenders(/^\s*(export )?(declare )?(const )?enum \w+/)).toEqual([])
})

test('nothing is printed but through the terminal of the command line', () => {
  const shipped = files.filter(({ path }) => isShipped(path))
  expect(offenders(/\bconsole\.(log|info|warn|error|debug)\(/, shipped)).toEqual([])
})

test("no file names a path of somebody's machine", () => {
  const machine = new RegExp(['home/\\w+', 'Users/\\w+', 'work', 'tmp/bash\\w*'].map((place) => `['"\`/ ]/${place}/`).join('|'))
  expect(offenders(machine)).toEqual([])
})
