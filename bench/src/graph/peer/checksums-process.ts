/** The checksum of every table that a peer left in its DuckDB file. */
import { DuckDBInstance } from '@duckdb/node-api'
import { checksumSql } from '../checksum.ts'

export interface ChecksumsOrder {
  readonly database: string
  readonly schema: string
  readonly tables: readonly string[]
}

const { database, schema, tables } = JSON.parse(process.argv[2] ?? '{}') as ChecksumsOrder
const instance = await DuckDBInstance.create(database, { access_mode: 'READ_ONLY' })
const connection = await instance.connect()
const checksums: Record<string, string> = {}
for (const table of tables) {
  const result = await connection.runAndReadAll(checksumSql(table, `${schema}.${table}`))
  checksums[table] = String(result.getRows()[0]?.[1])
}
connection.closeSync()
instance.closeSync()
process.stdout.write(`${JSON.stringify(checksums)}\n`)
