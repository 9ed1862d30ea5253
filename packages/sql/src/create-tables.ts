import type { DuckDBConnection } from '@duckdb/node-api'
import { type Schema, sqlNameOf, type Watermark } from '@millrace/core'
import { quoteIdentifier, relationAddress, relationName } from './identifier.ts'

export interface TableDefinition {
  /** The name of a stream or a model. */
  readonly name: string
  readonly schema: Schema
  /** What of a stream is late, and so no part of the relation that models read. */
  readonly watermark?: Watermark
}

/**
 * Makes the typed, empty tables that a model's SQL reads. The binder and the batch engine share it, so
 * that both mean the same by every name. There are no constraints: the log may hold what a source's own
 * constraints forbid between two of its commits.
 */
export async function createTables(connection: DuckDBConnection, definitions: readonly TableDefinition[]): Promise<void> {
  const schemas = new Set(definitions.map((definition) => relationAddress(definition.name).schema))
  for (const schema of schemas) await connection.run(`CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(schema)}`)
  for (const definition of definitions) await connection.run(createTableStatement(definition))
}

export function createTableStatement({ name, schema }: TableDefinition): string {
  const columns = schema.columns.map((column) => `${quoteIdentifier(column.name)} ${sqlNameOf(column.type)}`)
  return `CREATE TABLE ${relationName(name)} (${columns.join(', ')})`
}
