import type { Schema, StreamDefinition } from '@millrace/core'
import type { Mask } from '../columns/mask.ts'
import type { TableSignature } from './table-signature.ts'

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
  readonly identity: ReplicaIdentity
  /** Its rows are in its partitions. */
  readonly partitioned: boolean
  /** What the catalog said of it when it was read: any change that could alter its rows in silence alters this. */
  readonly signature: TableSignature
  /** Per column of the schema, how it is masked; null where none is. */
  readonly masks: readonly (Mask | null)[] | null
  /**
   * Per column of the schema, its place in a row of the stream; null where the two are the same. A row that
   * is selected has the schema's columns alone.
   */
  readonly cells: readonly number[] | null
  /** How many cells a row of the stream has. */
  readonly cellCount: number
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

/** A name that a statement can carry without quotes. */
export function isPlainName({ schemaName, tableName }: Pick<Table, 'schemaName' | 'tableName'>): boolean {
  return [schemaName, tableName].every((name) => /^[a-z_][a-z0-9_]*$/.test(name))
}
