/**
 * Names of tables as people write them: `orders`, `sales.orders`, `sales.*`, `*_archive`. A star stands for
 * any letters within a name, and does not cross the point. Without a schema, `tables` means `public`, and
 * `exclude` every schema, because what is left out by mistake is found at once and what is let in is not.
 */
export interface TableName {
  readonly schemaName: string
  readonly tableName: string
}

export interface TablePattern {
  readonly text: string
  /** A plain name, which must exist. */
  readonly isExact: boolean
  readonly matches: (table: TableName) => boolean
}

export function tablePattern(text: string, { schemaless }: { schemaless: 'public' | 'every' }): TablePattern {
  const point = text.indexOf('.')
  const [schema, table] = point === -1 ? [schemaless === 'public' ? 'public' : '*', text] : [text.slice(0, point), text.slice(point + 1)]
  const ofSchema = matcher(schema)
  const ofTable = matcher(table)
  return {
    text,
    isExact: !text.includes('*'),
    matches: ({ schemaName, tableName }) => ofSchema(schemaName) && ofTable(tableName),
  }
}

function matcher(pattern: string): (name: string) => boolean {
  if (!pattern.includes('*')) return (name) => name === pattern
  const parts = pattern.split('*').map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`))
  const expression = new RegExp(`^${parts.join('.*')}$`, 's')
  return (name) => expression.test(name)
}
