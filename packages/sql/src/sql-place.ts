/** A place in a model's SQL: where an error points. */
export interface SqlPlace {
  readonly line: number
  readonly column: number
}

/** DuckDB counts bytes of UTF-8; people count characters of lines. */
export function placeOfByte(sql: string, byte: number): SqlPlace {
  const before = Buffer.from(sql, 'utf8').subarray(0, byte).toString('utf8')
  const lines = before.split('\n')
  return { line: lines.length, column: (lines.at(-1) ?? '').length + 1 }
}

/** The line of the SQL with its neighbours before it, and a caret under the place. */
export function sqlFrame(sql: string, { line, column }: SqlPlace): string {
  const lines = sql.split('\n')
  const gutter = String(line).length
  const first = Math.max(1, line - 2)
  const shown = lines.slice(first - 1, line).map((text, at) => `${String(first + at).padStart(gutter)} | ${text}`)
  return [...shown, `${' '.repeat(gutter)} | ${' '.repeat(column - 1)}^`].join('\n')
}

const SKIPPED = /--[^\n]*|\/\*[^]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"/g

/** Where a keyword stands first, outside of comments and quotes, in bytes; null where it does not. */
export function byteOfKeyword(sql: string, keyword: string): number | null {
  const bare = sql.replaceAll(SKIPPED, (text) => ' '.repeat(text.length))
  const found = new RegExp(`\\b${keyword.replaceAll(' ', '\\s+')}\\b`, 'i').exec(bare)
  return found === null ? null : Buffer.byteLength(sql.slice(0, found.index))
}
