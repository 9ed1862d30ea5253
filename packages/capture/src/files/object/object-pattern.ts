/** Patterns of file names, as shells have them: `*`, `?`, `**`, `[a-z]`, `{a,b}`. A leading dot must be written. */
export interface ObjectPattern {
  readonly text: string
  /** What every name that fits begins with. */
  readonly prefix: string
  fits(key: string): boolean
}

export function objectPattern(text: string): ObjectPattern {
  const expression = new RegExp(`^${translate(text)}$`, 'su')
  const prefix = /^[^*?[{\\]*/.exec(text)?.[0] ?? ''
  return { text, prefix, fits: (key) => expression.test(key) }
}

/** The longest beginning that all of them share: how much of a bucket need not be listed. */
export function sharedPrefix(patterns: readonly ObjectPattern[]): string {
  const [first, ...others] = patterns.map(({ prefix }) => prefix)
  let shared = first ?? ''
  for (const other of others) while (!other.startsWith(shared)) shared = shared.slice(0, -1)
  // Half of a surrogate pair would be no text.
  return /[\ud800-\udbff]$/.test(shared) ? shared.slice(0, -1) : shared
}

const VISIBLE = '(?!\\.)'

function translate(text: string): string {
  let result = ''
  let depth = 0
  for (let at = 0; at < text.length;) {
    const atStart = at === 0 || text[at - 1] === '/'
    const rest = text.slice(at)
    const set = /^\[(!?)([^\]/]+)\]/.exec(rest)
    if (rest.startsWith('**/') && atStart) {
      result += `(?:${VISIBLE}[^/]+/)*`
      at += 3
    } else if (rest.startsWith('**')) {
      result += `${atStart ? VISIBLE : ''}.*`
      at += 2
    } else if (rest[0] === '*' || rest[0] === '?') {
      result += `${atStart ? VISIBLE : ''}[^/]${rest[0] === '*' ? '*' : ''}`
      at += 1
    } else if (set !== null) {
      result += `${atStart ? VISIBLE : ''}[${set[1] === '!' ? '^/' : ''}${(set[2] ?? '').replaceAll(/[\\[\]^&]/g, '\\$&')}]`
      at += set[0].length
    } else if (rest[0] === '{' && rest.includes('}')) {
      result += '(?:'
      depth += 1
      at += 1
    } else if (rest[0] === '}' && depth > 0) {
      result += ')'
      depth -= 1
      at += 1
    } else if (rest[0] === ',' && depth > 0) {
      result += '|'
      at += 1
    } else {
      const letter = String.fromCodePoint(rest.codePointAt(0) as number)
      result += letter.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&')
      at += letter.length
    }
  }
  return result + ')'.repeat(depth)
}
