/**
 * The members of one JSON object, each value as the text that it is: a number never passes through a double,
 * a nested value stays as it stands. What is not JSON is told with its place.
 */
export type MemberKind = 'string' | 'number' | 'true' | 'false' | 'null' | 'nested'

export interface Member {
  readonly name: string
  readonly kind: MemberKind
  /** Of a string: what it says. Of all else: its JSON. */
  readonly text: string
}

export class JsonFault extends Error {
  override readonly name = 'JsonFault'
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const WORDS = ['true', 'false', 'null'] as const

export function readMembers(text: string): readonly Member[] {
  const members: Member[] = []
  let at = space(text, 0)
  if (text[at] !== '{') throw fault('an object begins with {', at)
  at = space(text, at + 1)
  if (text[at] === '}') return ended(text, at + 1, members)
  for (;;) {
    if (text[at] !== '"') throw fault('a name in quotes belongs', at)
    const nameEnd = stringEnd(text, at)
    const name = said(text, at, nameEnd)
    at = space(text, nameEnd)
    if (text[at] !== ':') throw fault('a colon belongs', at)
    at = space(text, at + 1)
    const end = valueEnd(text, at)
    members.push({ name, ...valueOf(text, at, end) })
    at = space(text, end)
    if (text[at] === '}') return ended(text, at + 1, members)
    if (text[at] !== ',') throw fault('a comma or } belongs', at)
    at = space(text, at + 1)
  }
}

function ended(text: string, at: number, members: readonly Member[]): readonly Member[] {
  const rest = space(text, at)
  if (rest < text.length) throw fault('nothing more belongs', rest)
  return members
}

function valueOf(text: string, start: number, end: number): { kind: MemberKind; text: string } {
  const first = text[start]
  if (first === '"') return { kind: 'string', text: said(text, start, end) }
  const raw = text.slice(start, end)
  if (first !== '{' && first !== '[') return { kind: WORDS.find((word) => word === raw) ?? 'number', text: raw }
  try {
    JSON.parse(raw)
  } catch (cause) {
    throw new JsonFault(`the value from character ${start + 1} is no JSON`, { cause })
  }
  return { kind: 'nested', text: raw }
}

function said(text: string, start: number, end: number): string {
  const inner = text.slice(start + 1, end - 1)
  // eslint-disable-next-line no-control-regex -- JSON has no control character within quotes
  if (!inner.includes('\\') && !/[\u0000-\u001F]/.test(inner)) return inner
  let string: string
  try {
    string = JSON.parse(text.slice(start, end)) as string
  } catch (cause) {
    throw new JsonFault(`the text from character ${start + 1} is no JSON`, { cause })
  }
  if (!string.isWellFormed()) throw new JsonFault(`the text from character ${start + 1} holds half of a character`)
  return string
}

function valueEnd(text: string, at: number): number {
  const first = text[at]
  if (first === '"') return stringEnd(text, at)
  if (first === '{' || first === '[') return nestedEnd(text, at)
  const word = WORDS.find((candidate) => text.startsWith(candidate, at))
  if (word !== undefined) return at + word.length
  NUMBER.lastIndex = at
  if (!NUMBER.test(text)) throw fault('a value belongs', at)
  return NUMBER.lastIndex
}

function stringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === 0x22) return at + 1
    if (code === 0x5c) at += 1
  }
  throw fault('a text is never closed that begins', start)
}

/** To the bracket that closes the first one; whether all between is right, JSON.parse says. */
function nestedEnd(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === 0x22) at = stringEnd(text, at) - 1
    else if (code === 0x7b || code === 0x5b) depth += 1
    else if (code === 0x7d || code === 0x5d) {
      depth -= 1
      if (depth === 0) return at + 1
    }
  }
  throw fault('a bracket is never closed that stands', start)
}

function space(text: string, from: number): number {
  let at = from
  for (;;) {
    const code = text.charCodeAt(at)
    if (code !== 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d) return at
    at += 1
  }
}

function fault(what: string, at: number): JsonFault {
  return new JsonFault(`${what} at character ${at + 1}`)
}
