/** Reads a statement from its beginning, a word, a sign or a name at a time. */
import { type Token, tokensOf } from './statement-tokens.ts'

export interface TableName {
  /** Null: of the statement's own default database. */
  readonly database: string | null
  readonly table: string
}

export class Tokens {
  readonly #tokens: readonly Token[]
  #at = 0

  private constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  static of(sql: string): Tokens {
    return new Tokens(tokensOf(sql))
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#tokens.length
  }

  rewind(): void {
    this.#at = 0
  }

  /** The next word in capitals; empty at the end. */
  word(): string {
    const token = this.#tokens[this.#at]
    this.#at += 1
    return token === undefined || token.isName ? '' : token.text.toUpperCase()
  }

  is(word: string): boolean {
    const token = this.#tokens[this.#at]
    return token !== undefined && !token.isName && token.text.toUpperCase() === word
  }

  isOneOf(words: ReadonlySet<string>): boolean {
    const token = this.#tokens[this.#at]
    return token !== undefined && !token.isName && words.has(token.text.toUpperCase())
  }

  take(word: string): boolean {
    if (!this.is(word)) return false
    this.#at += 1
    return true
  }

  skip(...words: readonly string[]): void {
    if (this.is(words[0] ?? '')) for (const word of words) this.take(word)
  }

  name(): TableName {
    const first = this.#next()?.text ?? ''
    if (!this.take('.')) return { database: null, table: first }
    return { database: first, table: this.#next()?.text ?? '' }
  }

  /** What stands between the brackets that come next, as it is written; nothing where none come. */
  parameters(): string[] {
    const parameters: string[] = []
    if (!this.take('(')) return parameters
    for (let token = this.#next(); token !== undefined && (token.isName || token.text !== ')'); token = this.#next()) {
      if (token.isName) parameters.push(token.text.startsWith("'") ? token.text : `'${token.text}'`)
      else if (token.text !== ',') parameters.push(token.text)
    }
    return parameters
  }

  /** Goes on behind the next such word; false, and to the end, where there is none. */
  skipTo(word: string): boolean {
    while (!this.isAtEnd) {
      if (this.take(word)) return true
      this.#at += 1
    }
    return false
  }

  rest(): string {
    return this.#tokens
      .slice(this.#at)
      .map(({ text, isName }) => (isName ? text : text.toUpperCase()))
      .join(' ')
  }

  /** What stands between commas, outside of brackets. */
  parts(): Tokens[] {
    const parts: Token[][] = [[]]
    let depth = 0
    for (const token of this.#tokens.slice(this.#at)) {
      if (!token.isName && token.text === '(') depth += 1
      if (!token.isName && token.text === ')') depth -= 1
      if (!token.isName && token.text === ',' && depth === 0) parts.push([])
      else parts.at(-1)?.push(token)
    }
    return parts.map((part) => new Tokens(part))
  }

  #next(): Token | undefined {
    const token = this.#tokens[this.#at]
    this.#at += 1
    return token
  }
}
