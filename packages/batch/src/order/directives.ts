/**
 * What a model says of its plan, in hints that formatters leave where they stand:
 *
 *   select /*+ order(o, i, p) *\/ …        of this SELECT's FROM, the relations are joined in this order
 *   with paid as /*+ barrier *\/ (select …)   computed once, by itself: nothing is pushed into it
 *
 * Hints of other engines are left alone.
 */
import { isSign, isWord, type Token } from './tokens.ts'

export type Order = readonly (string | Order)[]

export interface Directive {
  /** The index of the hint's token. */
  readonly at: number
  readonly does: { readonly kind: 'order'; readonly order: Order } | { readonly kind: 'barrier' }
}

export interface DirectiveProblem {
  readonly start: number
  readonly problem: string
}

export function directivesOf(tokens: readonly Token[]): {
  readonly directives: readonly Directive[]
  readonly problems: readonly DirectiveProblem[]
} {
  const directives: Directive[] = []
  const problems: DirectiveProblem[] = []
  for (const [at, token] of tokens.entries()) {
    if (token.kind !== 'hint') continue
    const told = token.text.slice(3, -2).trim()
    if (/^barrier$/i.test(told)) {
      if (isWord(tokens[at - 1], 'as') && isSign(tokens[at + 1], '(')) directives.push({ at, does: { kind: 'barrier' } })
      else
        problems.push({
          start: token.start,
          problem: 'a barrier stands between AS and the parenthesis of a WITH: WITH paid AS /*+ barrier */ (SELECT …)',
        })
    } else if (/^order\b/i.test(told)) {
      const order = readOrder(told.slice('order'.length).trim())
      if (order === null)
        problems.push({
          start: token.start,
          problem: 'an order names relations with commas between them: order(a, b, c), or order((a, b), (c, d))',
        })
      else if (!isWord(tokens[at - 1], 'select'))
        problems.push({ start: token.start, problem: 'an order stands right behind the SELECT whose relations it names' })
      else directives.push({ at, does: { kind: 'order', order } })
    }
  }
  return { directives, problems }
}

/** `(a, (b, c))`; null where it is not well formed or has fewer than two parts. */
function readOrder(text: string): Order | null {
  const words = text.match(/"(?:[^"]|"")*"|[\p{L}\p{N}_$]+|[(),]|\S/gu) ?? []
  let at = 0
  const readPart = (): string | Order | null => {
    const word = words[at]
    if (word === '(') return readList()
    at += 1
    if (word === undefined || /^[^\p{L}\p{N}_$"]$/u.test(word)) return null
    return word.startsWith('"') ? word.slice(1, -1).replaceAll('""', '"') : word.toLowerCase()
  }
  const readList = (): Order | null => {
    at += 1
    const parts: (string | Order)[] = []
    for (;;) {
      const part = readPart()
      if (part === null) return null
      parts.push(part)
      const sign = words[at]
      at += 1
      if (sign === ')') return parts.length < 2 ? null : parts
      if (sign !== ',') return null
    }
  }
  const order = words[0] === '(' ? readList() : null
  return at === words.length ? order : null
}

/** The names in it, from left to right. */
export function namesIn(order: Order): readonly string[] {
  return order.flatMap((part) => (typeof part === 'string' ? [part] : namesIn(part)))
}
