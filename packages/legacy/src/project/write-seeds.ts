import { DuckDBInstance } from '@duckdb/node-api'
import { quoteLiteral } from '@millrace/sql'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { copyRows } from '../copy-rows.ts'
import type { LegacyDatabase } from '../read-postgres.ts'
import type { ImportedTable } from '../translate-tree.ts'

/** Copies the tables, all at the moment at which the catalog was read, to Parquet files. Returns how many rows they have. */
export async function writeSeeds(tables: readonly ImportedTable[], database: LegacyDatabase, folder: string): Promise<number> {
  mkdirSync(folder, { recursive: true })
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  let rows = 0
  try {
    for (const { name, legacy, columns } of tables) {
      const present = columns.filter((column) => column !== null)
      const from = [legacy.schema, legacy.name].map((part) => `"${part.replaceAll('"', '""')}"`).join('.')
      rows += await copyRows({
        database,
        connection,
        from,
        legacyNames: present.map((column) => column.name),
        columns: present,
        into: 'seed',
      })
      await connection.run(`COPY seed TO ${quoteLiteral(join(folder, `${name}.parquet`))} (FORMAT parquet)`)
    }
    return rows
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
