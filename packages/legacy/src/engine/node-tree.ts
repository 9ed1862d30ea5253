/**
 * The trees that Postgres keeps of what it analysed, as `pg_rewrite` prints them: `{VAR :varno 1 :varattno 2}`, lists in
 * parentheses, texts with backslashes before what would end them, `<>` for nothing.
 */

export interface TreeNode {
  readonly kind: string
  readonly fields: ReadonlyMap<string, TreeItem>
}

/** A word, a node, or a list; null for nothing. */
export type TreeItem = string | null | TreeNode | readonly TreeItem[]

const TOKEN = /[{}()]|"(?:\\[^]|[^"\\])*"|(?:\\[^]|[^\s{}()\\"])+/g

export function readTree(text: string): TreeItem {
  const tokens = text.match(TOKEN) ?? []
  let at = 0
  const item = (): TreeItem => {
    const token = tokens[at++]
    if (token === undefined || token === '<>') return null
    if (token === '{') return node()
    if (token !== '(') return word(token)
    const list: TreeItem[] = []
    while (at < tokens.length && tokens[at] !== ')') list.push(item())
    at += 1
    return list
  }
  const node = (): TreeNode => {
    const kind = tokens[at++] ?? ''
    const fields = new Map<string, TreeItem>()
    while (at < tokens.length && tokens[at] !== '}') {
      const field = (tokens[at++] ?? '').slice(1)
      const values: TreeItem[] = []
      while (at < tokens.length && tokens[at] !== '}' && tokens[at]?.startsWith(':') !== true) values.push(item())
      fields.set(field, values.length === 1 ? (values[0] as TreeItem) : values)
    }
    at += 1
    return { kind, fields }
  }
  return item()
}

function word(token: string): string {
  return (token.startsWith('"') ? token.slice(1, -1) : token).replaceAll(/\\([^])/g, '$1')
}

export function isNode(item: TreeItem | undefined): item is TreeNode {
  return typeof item === 'object' && item !== null && 'kind' in item
}

/** A field that is a list, as one; nothing is none. */
export function listOf(node: TreeNode, field: string): readonly TreeItem[] {
  const item = node.fields.get(field)
  return Array.isArray(item) ? (item as readonly TreeItem[]) : []
}

export function numberOf(node: TreeNode, field: string): number {
  const item = node.fields.get(field)
  return typeof item === 'string' ? Number(item) : 0
}

export function nodeOf(node: TreeNode, field: string): TreeNode | null {
  const item = node.fields.get(field)
  return isNode(item) ? item : null
}
