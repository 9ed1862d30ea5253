/** Functions of text. Characters are code points, as in DuckDB, not JavaScript's units. */
import { lowerText, upperText } from './letter-case.ts'

export { lowerText, upperText }

const SURROGATES = /[\ud800-\udfff]/

export function lengthOf(text: string): number {
  if (!SURROGATES.test(text)) return text.length
  let count = 0
  for (const _ of text) count += 1
  return count
}

/** `start` counts from 1, from the end where negative; 0 is the place before the first character. */
export function substring(text: string, start: number | bigint, count: number | bigint | null): string {
  const characters = SURROGATES.test(text) ? [...text] : text
  const length = characters.length
  const wanted = count === null ? Number.MAX_SAFE_INTEGER : Number(count)
  const from = Number(start)
  let first = from > 0 ? from - 1 : from < 0 ? length + from : -1
  let last = first + wanted
  if (from < 0 && first < 0) {
    // From before the beginning the count runs from the beginning's place.
    last = first + wanted
  }
  if (wanted < 0) [first, last] = [last, first]
  const cut = characters.slice(Math.max(0, Math.min(first, length)), Math.max(0, Math.min(last, length)))
  return typeof cut === 'string' ? cut : cut.join('')
}

export function leftOf(text: string, count: number | bigint): string {
  const characters = [...text]
  const wanted = Number(count)
  return characters.slice(0, wanted >= 0 ? wanted : Math.max(0, characters.length + wanted)).join('')
}

export function rightOf(text: string, count: number | bigint): string {
  const characters = [...text]
  const wanted = Number(count)
  const length = characters.length
  return characters.slice(wanted >= 0 ? Math.max(0, length - wanted) : Math.min(length, -wanted)).join('')
}

/** The place of the first match from 1; 0 for none. */
export function placeOf(text: string, part: string): number {
  const at = text.indexOf(part)
  return at < 0 ? 0 : lengthOf(text.slice(0, at)) + 1
}

/** The spaces that DuckDB trims: Unicode's separators, not tabs or line ends. */
const SPACE = '[ \\u00a0\\u1680\\u2000-\\u200a\\u202f\\u205f\\u3000]'
const LEADING = new RegExp(`^${SPACE}+`)
const TRAILING = new RegExp(`${SPACE}+$`)

export function trimLeft(text: string): string {
  return text.replace(LEADING, '')
}

export function trimRight(text: string): string {
  return text.replace(TRAILING, '')
}

export function trimBoth(text: string): string {
  return trimRight(trimLeft(text))
}

export function replaceAll(text: string, part: string, by: string): string {
  return part === '' ? text : text.replaceAll(part, () => by)
}

let lastPattern: string | null = null
let lastExpression = /^$/

/** LIKE: `%` is any text, `_` any one character; there is no escape. */
export function isLike(text: string, pattern: string): boolean {
  if (pattern !== lastPattern) {
    lastPattern = pattern
    lastExpression = likeExpression(pattern)
  }
  return lastExpression.test(text)
}

function likeExpression(pattern: string): RegExp {
  const source = pattern.replaceAll(/%+|_|[^%_]+/g, (part) => {
    if (part.startsWith('%')) return '[^]*?'
    return part === '_' ? '[^]' : part.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
  })
  return new RegExp(`^${source}$`, 'u')
}
