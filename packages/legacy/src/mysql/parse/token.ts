/** Cuts the text of a view into words, names, numbers, texts and marks. */
import { untranslatableAt } from '../untranslatable-at.ts'

export interface Token {
  readonly kind: 'word' | 'name' | 'number' | 'text' | 'mark' | 'end'
  /** A word in lower case, a name as it is, a text without its quotes and escapes. */
  readonly text: string
  readonly at: number
}

const SPACE = /[\s]+/y
const NAME = /`((?:[^`]|``)*)`/y
const TEXT = /'((?:[^'\\]|''|\\[^])*)'/y
const NUMBER = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y
const WORD = /[A-Za-z_$\u0080-\uffff@][\w$\u0080-\uffff@]*/y
const MARK = /<=>|<=|>=|<>|!=|<<|>>|\|\||&&|->>|->|[-+*/%(),.=<>!&|^~;]/y
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', '0': '\0', Z: '\u001A' }

export function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    return pattern.exec(text)
  }
  while (at < text.length) {
    const space = take(SPACE)
    if (space !== null) {
      at += space[0].length
      continue
    }
    const found = next(take)
    if (found === null) throw untranslatableAt(text.slice(at, at + 8), 'this is not known to be SQL', at)
    tokens.push({ kind: found.kind, text: found.text, at })
    at += found.length
  }
  tokens.push({ kind: 'end', text: '', at: text.length })
  return tokens
}

type Found = Omit<Token, 'at'> & { readonly length: number }

function next(take: (pattern: RegExp) => RegExpExecArray | null): Found | null {
  const name = take(NAME)
  if (name !== null) return { kind: 'name', text: (name[1] ?? '').replaceAll('``', '`'), length: name[0].length }
  const text = take(TEXT)
  if (text !== null) return { kind: 'text', text: unescaped(text[1] ?? ''), length: text[0].length }
  const number = take(NUMBER)
  if (number !== null) return { kind: 'number', text: number[0], length: number[0].length }
  const word = take(WORD)
  if (word !== null) return { kind: 'word', text: word[0].toLowerCase(), length: word[0].length }
  const mark = take(MARK)
  return mark === null ? null : { kind: 'mark', text: mark[0], length: mark[0].length }
}

/** `\%` and `\_` keep their backslash: they are for LIKE. */
function unescaped(text: string): string {
  return text.replaceAll(/''|\\([^])/g, (found, escaped: string | undefined) => {
    if (escaped === undefined) return "'"
    return escaped === '%' || escaped === '_' ? found : (ESCAPES[escaped] ?? escaped)
  })
}
