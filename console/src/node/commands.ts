import type { GraphNode } from '@millrace/serve/api'

/** What one would type to learn or do the same in a terminal. */
export function commandsFor({ kind, name }: Pick<GraphNode, 'kind' | 'name'>): readonly string[] {
  const word = quoted(name)
  switch (kind) {
    case 'source':
      return ['millrace doctor', 'millrace parked']
    case 'stream':
    case 'model':
      return [`millrace tail ${word}`, `millrace query ${quoted(`select * from ${identifiers(name)} limit 10`)}`, `millrace prove ${word}`]
    case 'delivery':
      return [`millrace deliveries ${word}`]
  }
}

/** A word as a shell reads it: bare where that is safe, else between single quotes. */
function quoted(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

function identifiers(name: string): string {
  const parts = name.split('.').map((part) => (/^[a-z_][a-z0-9_]*$/.test(part) ? part : `"${part.replaceAll('"', '""')}"`))
  return parts.join('.')
}
