/** A schema as the server tells it. Its id stands for its content for ever. */

export interface SchemaColumn {
  readonly name: string
  /** `int64`, `text`, `decimal(12,2)`. */
  readonly type: string
  readonly nullable: boolean
}

export interface SchemaAnswer {
  readonly id: string
  readonly stream: string
  readonly version: number
  readonly columns: readonly SchemaColumn[]
  readonly key: readonly string[]
}

/** What a server answered or a file holds, if it is a schema; unknown members are passed over. */
export function readSchemaAnswer(text: string): SchemaAnswer | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null) return null
  const { id, stream, version, columns, key } = value as Partial<SchemaAnswer>
  if (typeof id !== 'string' || typeof stream !== 'string' || typeof version !== 'number' || !Array.isArray(columns)) return null
  const known = columns.every(
    (column: Partial<SchemaColumn> | null) =>
      typeof column?.name === 'string' && typeof column.type === 'string' && typeof column.nullable === 'boolean',
  )
  return known ? { id, stream, version, columns: columns as SchemaColumn[], key: Array.isArray(key) ? key.map(String) : [] } : null
}
