import type { Column, Schema, StreamDefinition } from '@millrace/core'

/** Which rows' old values Postgres writes to its log: the letters of `pg_class.relreplident`. */
export type ReplicaIdentity = 'd' | 'n' | 'f' | 'i'

/** A captured table, as the catalog or a relation message describes it. */
export interface Table {
  readonly oid: number
  readonly schemaName: string
  readonly tableName: string
  /** The stream that carries its changes. */
  readonly stream: string
  readonly schema: Schema
  /** Its rows are in its partitions. */
  readonly partitioned: boolean
}

/** `orders`, or `sales.orders` outside the schema `public`: as people write it, also in statements. */
export function displayName({ schemaName, tableName }: Pick<Table, 'schemaName' | 'tableName'>): string {
  return schemaName === 'public' ? tableName : `${schemaName}.${tableName}`
}

export function quotedName({ schemaName, tableName }: Pick<Table, 'schemaName' | 'tableName'>): string {
  return `${quoteIdentifier(schemaName)}.${quoteIdentifier(tableName)}`
}

export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

export function quoteLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

export function streamName(source: string, { schemaName, tableName }: Pick<Table, 'schemaName' | 'tableName'>): string {
  return schemaName === 'public' ? `${source}.${tableName}` : `${source}.${schemaName}__${tableName}`
}

export function definitionOf(table: Table, partitions: number): StreamDefinition {
  return { name: table.stream, kind: 'table', schema: table.schema, partitions }
}

/** Keeps the key on the same columns, by name, where columns were added. */
export function withColumns(schema: Schema, columns: readonly Column[]): Schema {
  const names = schema.key.map((index) => schema.columns[index]?.name)
  return { columns, key: names.map((name) => columns.findIndex((column) => column.name === name)) }
}
