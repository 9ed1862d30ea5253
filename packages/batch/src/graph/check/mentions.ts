/**
 * Relations that a text of SQL seems to mention. It decides only what is bound first: what a model truly
 * reads is read from its bound plan.
 */
const PARTS = /--[^\n]*|\/\*[^]*?\*\/|'(?:[^']|'')*'|((?:"(?:[^"]|"")*"|[a-z_]\w*)(?:\s*\.\s*(?:"(?:[^"]|"")*"|[a-z_]\w*))*)/gi

/** Most words of a text are one name. */
const BARE = /^\w+$/

export function mentionsOf(sql: string, isRelation: (folded: string) => boolean): Set<string> {
  const found = new Set<string>()
  for (const match of sql.matchAll(PARTS)) {
    const path = match[1]
    if (path === undefined) continue
    const [first, second] = BARE.test(path) ? [path.toLowerCase()] : foldedPath(path)
    if (second !== undefined && isRelation(`${first}.${second}`)) found.add(`${first}.${second}`)
    else if (first !== undefined && isRelation(first)) found.add(first)
  }
  return found
}

/** The path of the relation that stands at an offset in bytes. */
export function pathAt(sql: string, byte: number): string {
  const text = Buffer.from(sql).subarray(byte).toString()
  const path = /^(?:"(?:[^"]|"")*"|\w+)(?:\s*\.\s*(?:"(?:[^"]|"")*"|\w+))*/.exec(text)
  const parts = foldedPath(path?.[0] ?? '')
  return (parts[0] === 'main' ? parts.slice(1) : parts).join('.')
}

function foldedPath(path: string): string[] {
  return [...path.matchAll(/"((?:[^"]|"")*)"|\w+/g)].map(([whole, quoted]) => (quoted?.replaceAll('""', '"') ?? whole).toLowerCase())
}
