/** The words and signs of a statement with where they stand, strings and comments whole. Both DuckDB's SQL and Postgres's. */
export type TokenKind = 'word' | 'quoted' | 'string' | 'sign' | 'hint'

export interface Token {
  readonly kind: TokenKind
  readonly text: string
  readonly start: number
  readonly end: number
  /** How many parentheses or brackets it stands in. */
  readonly depth: number
}

const PATTERNS: readonly (readonly [TokenKind | 'skipped', RegExp])[] = [
  ['hint', /\/\*\+[^]*?\*\//y],
  ['skipped', /\s+|--[^\n]*|\/\*[^]*?\*\//y],
  ['string', /[eE]'(?:[^'\\]|\\[^]|'')*'|[bBxX]?'(?:[^']|'')*'|\$([A-Za-z_]\w*)?\$[^]*?\$\1\$/y],
  ['quoted', /"(?:[^"]|"")*"/y],
  ['word', /[\p{L}_][\p{L}\p{N}_$]*/uy],
  ['sign', /\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|./suy],
]

export function tokensOf(sql: string): readonly Token[] {
  const tokens: Token[] = []
  let depth = 0
  for (let at = 0; at < sql.length;) {
    const [kind, text] = tokenAt(sql, at)
    if (text === ')' || text === ']') depth -= 1
    if (kind !== 'skipped') tokens.push({ kind, text, start: at, end: at + text.length, depth })
    if (text === '(' || text === '[') depth += 1
    at += text.length
  }
  return tokens
}

function tokenAt(sql: string, at: number): readonly [TokenKind | 'skipped', string] {
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = at
    const found = pattern.exec(sql)
    if (found !== null) return [kind, found[0]]
  }
  return ['sign', sql[at] as string]
}

/** Whether it is this keyword; a quoted name never is. */
export function isWord(token: Token | undefined, ...words: readonly string[]): boolean {
  return token?.kind === 'word' && words.includes(token.text.toLowerCase())
}

export function isSign(token: Token | undefined, sign: string): boolean {
  return token?.kind === 'sign' && token.text === sign
}
