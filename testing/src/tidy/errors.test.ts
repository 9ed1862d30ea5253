import { type ErrorCode, ERRORS } from '@millrace/base'
import { expect, test } from 'vitest'
import { errorPage } from '../house/error-page-text.ts'
import { codeFiles, isTest, readText } from '../house/tree.ts'

const REGISTRY = 'packages/base/src/error-registry.ts'

const codes = Object.keys(ERRORS) as ErrorCode[]
const files = codeFiles().filter(({ path }) => path !== REGISTRY)
const sources = files.filter(({ path }) => !isTest(path) && path.startsWith('packages/'))
const tests = files.filter(({ path }) => isTest(path) && !path.startsWith('testing/src/tidy/'))

const names = (text: string, code: string): boolean => new RegExp(`\\b${code}\\b`).test(text)

test('every error code is raised somewhere', () => {
  expect(codes.filter((code) => !sources.some(({ text }) => names(text, code)))).toEqual([])
})

test('every error code is raised by a test', () => {
  expect(codes.filter((code) => !tests.some(({ text }) => names(text, code)))).toEqual([])
})

test('law 9: every hint names the command or the setting that mends it', () => {
  expect(codes.filter((code) => !/`[^`]+`/.test(ERRORS[code].hint))).toEqual([])
})

test('a summary is one sentence, and a hint at least one', () => {
  const wrong = codes.filter((code) => {
    const { summary, hint } = ERRORS[code]
    return !(/[.}]$/.test(summary) && /[.)]$/.test(hint))
  })
  expect(wrong).toEqual([])
})

test('where an error is raised with its details at hand, no blank of its text stays open', () => {
  const open = sources.flatMap(({ path, text }) =>
    raisesOf(text).flatMap(({ code, given }) => {
      const { summary, hint } = ERRORS[code]
      const blanks = [...`${summary} ${hint}`.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as string)
      return blanks.filter((blank) => !given.includes(blank)).map((blank) => `${path}: ${code} leaves {${blank}} open`)
    }),
  )
  expect(open).toEqual([])
})

test('docs/errors.md is made from the registry: `npm run docs`', () => {
  expect(readText('docs/errors.md')).toBe(errorPage())
})

interface Raise {
  readonly code: ErrorCode
  readonly given: readonly string[]
}

/** Those raises whose `details` are an object literal without a spread: of the others a text cannot tell. */
function raisesOf(text: string): Raise[] {
  return [...text.matchAll(/new MillraceError\(\s*'([A-Z_]+)'\s*(,\s*\{)?/g)].flatMap((match) => {
    const code = match[1] as ErrorCode
    if (ERRORS[code] === undefined) return []
    if (match[2] === undefined) return text[match.index + match[0].length] === ')' ? [{ code, given: [] }] : []
    const options = insideBraces(text, match.index + match[0].length)
    const details = /\bdetails:\s*\{/.exec(options)
    if (details === null) return /\bdetails\b|\.\.\./.test(options) ? [] : [{ code, given: [] }]
    const inside = insideBraces(options, details.index + details[0].length)
    return inside.includes('...') ? [] : [{ code, given: namesOf(inside) }]
  })
}

/** From just after an opening brace to the brace that closes it. */
function insideBraces(text: string, from: number): string {
  let depth = 1
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '{') depth += 1
    if (text[at] === '}') depth -= 1
    if (depth === 0) return text.slice(from, at)
  }
  return text.slice(from)
}

/** The names of an object literal: `{ slot, position: at(x, y) }` has two. */
function namesOf(literal: string): string[] {
  const found: string[] = []
  let depth = 0
  let start = 0
  const parts: string[] = []
  for (let at = 0; at <= literal.length; at += 1) {
    const letter = literal[at]
    if (letter === '(' || letter === '{' || letter === '[') depth += 1
    if (letter === ')' || letter === '}' || letter === ']') depth -= 1
    if ((letter === ',' && depth === 0) || at === literal.length) {
      parts.push(literal.slice(start, at))
      start = at + 1
    }
  }
  for (const part of parts) {
    const name = /^\s*['"]?(\w+)['"]?\s*(:|$)/.exec(part)?.[1]
    if (name !== undefined) found.push(name)
  }
  return found
}
