/** Words, quoted names, texts and signs of a statement, without its comments; what MySQL executes in comments stays. */
export interface Token {
  readonly text: string
  /** It stood in quotes, so it is no word of the language. */
  readonly isName: boolean
}

const PATTERN =
  /\/\*M?!\d*|\*\/|\/\*[^]*?\*\/|--[ \t][^\n]*|#[^\n]*|`(?:[^`]|``)*`|"(?:[^"\\]|\\[^]|"")*"|[xX]?'(?:[^'\\]|\\[^]|'')*'|[\w$\u0080-\uffff]+|[^\s]/g

export function tokensOf(sql: string): Token[] {
  const tokens: Token[] = []
  for (const [text] of sql.matchAll(PATTERN)) {
    if (text.startsWith('/*') || text === '*/' || text.startsWith('-- ') || text.startsWith('#')) continue
    const quote = text[0]
    if (quote === '`') tokens.push({ text: text.slice(1, -1).replaceAll('``', '`'), isName: true })
    else if (quote === '"') tokens.push({ text: text.slice(1, -1).replaceAll('""', '"'), isName: true })
    else tokens.push({ text, isName: quote === "'" || /^[xX]'/.test(text) })
  }
  return tokens
}
