import { untranslatableAt } from '../untranslatable-at.ts'
import type { Expression, Query } from './syntax.ts'
import { type Token, tokensOf } from './token.ts'

/** What is read again inside of itself. */
export interface Grammar {
  readonly expression: (reader: TokenReader) => Expression
  readonly query: (reader: TokenReader) => Query
}

/** Goes through the tokens of one view, which it holds a place in. */
export class TokenReader {
  readonly #tokens: readonly Token[]
  readonly #grammar: Grammar
  #next = 0

  constructor(text: string, grammar: Grammar) {
    this.#tokens = tokensOf(text)
    this.#grammar = grammar
  }

  expression(): Expression {
    return this.#grammar.expression(this)
  }

  query(): Query {
    return this.#grammar.query(this)
  }

  get at(): number {
    return this.peek().at
  }

  peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#next + ahead, this.#tokens.length - 1)] as Token
  }

  take(): Token {
    const token = this.peek()
    this.#next++
    return token
  }

  /** Whether the next tokens are these words or marks. */
  sees(...texts: readonly string[]): boolean {
    return texts.every((text, ahead) => {
      const { kind, text: found } = this.peek(ahead)
      return (kind === 'word' || kind === 'mark') && found === text
    })
  }

  /** Takes these words or marks if they come next. */
  takes(...texts: readonly string[]): boolean {
    if (!this.sees(...texts)) return false
    this.#next += texts.length
    return true
  }

  need(...texts: readonly string[]): void {
    if (!this.takes(...texts)) throw this.unknown()
  }

  name(): string {
    const token = this.take()
    if (token.kind !== 'name' && token.kind !== 'word') throw this.unknown(token)
    return token.text
  }

  unknown(token: Token = this.peek()): Error {
    return untranslatableAt(token.text === '' ? 'the end of its text' : token.text, 'this form of SQL is not known here', token.at)
  }
}
