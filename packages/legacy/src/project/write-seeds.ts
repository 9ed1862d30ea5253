import { DuckDBInstance } from '@duckdb/node-api'
import { quoteLiteral } from '@millrace/sql'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ImportedTable } from '../imported-tree.ts'
import type { LegacyDatabase } from '../legacy-database.ts'

/** Copies the tables, all at the moment at which the catalog was read, to Parquet files. Returns how many rows they have. */
export async function writeSeeds(tables: readonly ImportedTable[], database: LegacyDatabase, folder: string): Promise<number> {
  mkdirSync(folder, { recursive: true })
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  let rows = 0
  try {
    for (const { name } of tables) {
      rows += await database.copy({ name, connection, into: 'seed' })
      await connection.run(`COPY seed TO ${quoteLiteral(join(folder, `${name}.parquet`))} (FORMAT parquet)`)
    }
    return rows
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
