/** One expression as a view of a real Postgres, and as its translation in DuckDB. */
import { DuckDBInstance } from '@duckdb/node-api'
import { startPostgres } from '@millrace/testing'
import { relationName } from '@millrace/sql'
import { OID } from '../postgres/type.ts'
import { copyRows } from '../copy-rows.ts'
import { openPostgres } from '../read-postgres.ts'
import { type PostgresModel, translateTree } from '../translate-tree.ts'

export interface BothSides {
  readonly model: PostgresModel
  /** Rows as texts, sorted; the error's text where DuckDB refuses the SQL. */
  readonly legacy: readonly string[]
  readonly duckdb: readonly string[] | string
}

/** Makes a view of each statement, `v1`, `v2`, …, translates all and runs all. */
export async function bothSides(ground: string, statements: readonly string[], streamed = false): Promise<BothSides[]> {
  const postgres = await startPostgres()
  try {
    await postgres.query(ground)
    for (const [at, statement] of statements.entries()) await postgres.query(`create view v${at + 1} as ${statement}`)
    const database = await openPostgres(postgres.url)
    const instance = await DuckDBInstance.create(':memory:')
    const connection = await instance.connect()
    try {
      const tree = translateTree({ catalog: database.catalog, source: 'erp', schemas: ['public'], streamed })
      const sides: BothSides[] = []
      for (const schema of ['erp', 'public']) await connection.run(`CREATE SCHEMA ${schema}`)
      for (const { name, legacy, columns } of tree.tables) {
        // What a stream has no type for arrives as text.
        const known = columns.filter((column) => column !== null)
        const present = known.map((column) => (column.isPrinted === true ? { ...column, type: OID.text } : column))
        await copyRows({
          database,
          connection,
          from: `"${legacy.schema}"."${legacy.name}"`,
          legacyNames: present.map((column) => column.name),
          columns: present,
          into: relationName(name),
        })
      }
      const textOf = async (table: string): Promise<string[]> => {
        const rows = await connection.runAndReadAll(`SELECT CAST(COLUMNS(*) AS VARCHAR) FROM ${table}`)
        return rows
          .getRows()
          .map((row) => row.map((cell) => (cell === null ? 'NULL' : String(cell))).join('|'))
          .sort()
      }
      for (const model of tree.models) {
        if (model.sql === null) {
          sides.push({ model, legacy: [], duckdb: [] })
          continue
        }
        await copyRows({
          database,
          connection,
          from: `public."${model.legacy.name}"`,
          legacyNames: model.columns.map(({ name }) => name),
          columns: model.columns,
          into: 'legacy_rows',
        })
        const made = await connection.run(`CREATE TABLE ${relationName(model.name)} AS ${model.sql}`).then(() => null, String)
        sides.push({ model, legacy: await textOf('legacy_rows'), duckdb: made ?? (await textOf(relationName(model.name))) })
      }
      return sides.toSorted((one, two) => numberOf(one) - numberOf(two))
    } finally {
      connection.closeSync()
      instance.closeSync()
      await database.close()
    }
  } finally {
    await postgres.stop()
  }
}

function numberOf({ model }: BothSides): number {
  return Number(model.legacy.name.slice(1))
}
