const PARTS = /--[^\n]*|\/\*[^]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$\$[^]*?\$\$/g

/** A SELECT that can stand in brackets, if a line break follows it: without the semicolon that may end it. */
export function withoutEnd(sql: string): string {
  if (!sql.includes(';')) return sql
  const bare = sql.replaceAll(PARTS, (part) => (part.startsWith('--') || part.startsWith('/*') ? ' ' : part))
  return bare.replace(/[\s;]+$/, '')
}
