/** Views of a real MariaDB, and their translations in DuckDB over the same rows. */
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { quoteIdentifier, relationName } from '@millrace/sql'
import type { Mariadb } from '@millrace/testing'
import type { ImportedModel } from '../../imported-tree.ts'
import { openLegacyMysql } from '../legacy-mysql.ts'

export interface BothSides {
  readonly view: string
  readonly model: ImportedModel
  /** Rows as texts, sorted; the error's text where the view cannot be computed. */
  readonly legacy: readonly string[] | string
  readonly duckdb: readonly string[] | string
}

/** Imports the views of a database, or of all, and runs each over the legacy rows of what it reads. */
export async function bothSides(mariadb: Mariadb, name: string, schemas: readonly string[] = [name]): Promise<readonly BothSides[]> {
  const database = await openLegacyMysql(mariadb.urlFor({ database: name }))
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    const tree = database.translate({ source: 'erp', schemas, streamed: false })
    for (const { name: own } of [...tree.tables, ...tree.models])
      await connection.run(`CREATE SCHEMA IF NOT EXISTS ${own.slice(0, own.indexOf('.'))}`)
    for (const table of tree.tables) await database.copy({ name: table.name, connection, into: relationName(table.name) })
    const sides: BothSides[] = []
    for (const model of tree.models) {
      const failed = await database.copy({ name: model.name, connection, into: 'legacy_rows' }).then(() => null, String)
      const made =
        model.sql === null ? '' : await connection.run(`CREATE TABLE ${relationName(model.name)} AS ${model.sql}`).then(() => null, String)
      const duckdb = made ?? (await textOf(connection, relationName(model.name)))
      sides.push({
        view: `${model.legacy.schema}.${model.legacy.name}`,
        model,
        legacy: failed ?? (await textOf(connection, 'legacy_rows')),
        duckdb,
      })
      // What reads it reads what the server has.
      if (made !== null && failed === null) await connection.run(`CREATE OR REPLACE TABLE ${relationName(model.name)} AS FROM legacy_rows`)
    }
    return sides
  } finally {
    connection.closeSync()
    instance.closeSync()
    await database.close()
  }
}

/** Floats to twelve digits: the server prints fewer of those that it had to store on the way. */
async function textOf(connection: DuckDBConnection, table: string): Promise<string[]> {
  const columns = (await connection.runAndReadAll(`DESCRIBE ${table}`)).getRows()
  const list = columns.map(([column, type]) => {
    const quoted = quoteIdentifier(String(column))
    return type === 'DOUBLE' ? `format('{:.12g}', ${quoted})` : `CAST(${quoted} AS VARCHAR)`
  })
  const rows = await connection.runAndReadAll(`SELECT ${list.join(', ')} FROM ${table}`)
  return rows
    .getRows()
    .map((row) => row.map((cell) => (cell === null ? 'NULL' : String(cell))).join('|'))
    .sort()
}
