/** Names and literals as DuckDB reads them; nothing that a user wrote escapes its quotes. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

export function quoteLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

export interface RelationAddress {
  readonly schema: string
  readonly table: string
}

/** `shop.orders` is the table `orders` of the schema `shop`; a model, without a dot, is in `main`. */
export function relationAddress(name: string): RelationAddress {
  const dot = name.indexOf('.')
  return dot < 0 ? { schema: 'main', table: name } : { schema: name.slice(0, dot), table: name.slice(dot + 1) }
}

/** The relation of a stream or model, quoted: `"shop"."orders"`. */
export function relationName(name: string): string {
  const { schema, table } = relationAddress(name)
  return `${quoteIdentifier(schema)}.${quoteIdentifier(table)}`
}
