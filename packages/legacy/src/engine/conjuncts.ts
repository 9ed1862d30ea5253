/** The parts of a condition that must all hold, as EXPLAIN prints it: `((a >= $1) AND (b = 'x'::text))`. */
export function conjunctsOf(condition: string): string[] {
  const inner = withoutParentheses(condition)
  const parts: string[] = []
  let from = 0
  for (const { at, depth } of outsideOfQuotes(inner))
    if (depth === 0 && inner.startsWith(' AND ', at)) {
      parts.push(inner.slice(from, at))
      from = at + ' AND '.length
    }
  parts.push(inner.slice(from))
  return parts.map(withoutParentheses)
}

/** Only where the first one is closed by the last one. */
function withoutParentheses(text: string): string {
  if (!text.startsWith('(') || !text.endsWith(')')) return text
  for (const { at, depth } of outsideOfQuotes(text)) if (depth === 0 && at > 0 && at < text.length - 1) return text
  return text.slice(1, -1)
}

/** The places outside of texts and quoted names, with how many parentheses are open after each. */
function* outsideOfQuotes(text: string): Generator<{ readonly at: number; readonly depth: number }> {
  let depth = 0
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at] as string
    if (sign === "'" || sign === '"') {
      const escapes = sign === "'" && text[at - 1] === 'E'
      for (at += 1; at < text.length && text[at] !== sign; at += 1) if (escapes && text[at] === '\\') at += 1
      continue
    }
    if (sign === '(') depth += 1
    if (sign === ')') depth -= 1
    yield { at, depth }
  }
}
