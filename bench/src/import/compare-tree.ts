/** Runs the translated models in DuckDB over a copy of the tables, and compares each with the legacy view's rows of the same moment. */
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { describeError } from '@millrace/base'
import type { ImportedModel, ImportedTree, LegacyDatabase } from '@millrace/legacy'
import { compareRelations } from '@millrace/prove'
import { relationName } from '@millrace/sql'

export interface ModelResult {
  readonly name: string
  readonly rows: number
  /** Null where both sides have the same rows and types. */
  readonly problem: string | null
}

export interface TreeResult {
  readonly models: readonly ModelResult[]
  readonly rows: number
  readonly legacySeconds: number
  readonly duckdbSeconds: number
}

/** How far floats and quotients that nothing rounds may be apart, as a share of the larger. */
const TOLERANCE = 1e-12

export async function compareTree(tree: ImportedTree, database: LegacyDatabase, note: (line: string) => void): Promise<TreeResult> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' })
  const connection = await instance.connect()
  try {
    for (const { name } of tree.tables) {
      await makeSchema(connection, name)
      await database.copy({ name, connection, into: relationName(name) })
    }
    const models: ModelResult[] = []
    const seconds = { legacy: 0, duckdb: 0 }
    for (const model of tree.models) {
      models.push(await compareModel(model, { connection, database, seconds }))
      if (models.length % 250 === 0) note(`${models.length} of ${tree.models.length} compared`)
    }
    return { models, rows: models.reduce((sum, { rows }) => sum + rows, 0), legacySeconds: seconds.legacy, duckdbSeconds: seconds.duckdb }
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

interface Place {
  readonly connection: DuckDBConnection
  readonly database: LegacyDatabase
  readonly seconds: { legacy: number; duckdb: number }
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

async function makeSchema(connection: DuckDBConnection, name: string): Promise<void> {
  const dot = name.indexOf('.')
  if (dot > 0) await connection.run(`CREATE SCHEMA IF NOT EXISTS ${quoted(name.slice(0, dot))}`)
}

/** Where a model gives something else, the legacy rows take its place, so that a fault is told once and not of all that read it. */
async function compareModel(model: ImportedModel, place: Place): Promise<ModelResult> {
  const { connection, database, seconds } = place
  const { name, sql } = model
  await makeSchema(connection, name)
  const into = relationName(name)
  // What could not be translated is listed; what reads it finds the legacy rows, where they can be copied.
  if (sql === null) {
    await database.copy({ name, connection, into }).catch(() => undefined)
    return { name, rows: 0, problem: null }
  }
  const start = performance.now()
  const failure = await connection.run(`CREATE TABLE ${into} AS ${sql}`).then(() => null, describeError)
  const middle = performance.now()
  const rows = await database.copy({ name, connection, into: 'main.legacy_rows' })
  seconds.duckdb += (middle - start) / 1000
  seconds.legacy += (performance.now() - middle) / 1000
  const problem = failure ?? (await typeProblem(model, connection, into)) ?? (await rowProblem(model, connection, into))
  if (problem !== null) await connection.run(`CREATE OR REPLACE TABLE ${into} AS FROM main.legacy_rows`)
  return { name, rows, problem }
}

/** Exact numbers may have another width: Postgres has no limit to it. */
async function typeProblem({ columns }: ImportedModel, connection: DuckDBConnection, into: string): Promise<string | null> {
  const found = (await connection.runAndReadAll(`DESCRIBE ${into}`)).getRows().map((row) => String(row[1]))
  const loose = (type: string): string => type.replaceAll(/DECIMAL\(\d+, ?/g, 'DECIMAL(').replace('TIMESTAMP WITH TIME ZONE', 'TIMESTAMPTZ')
  const wrong = columns.flatMap(({ name, type }, at) =>
    loose(type) === loose(found[at] ?? '') ? [] : [`${name} is ${found[at]}, not ${type}`],
  )
  return wrong.length === 0 ? null : wrong.join('; ')
}

async function rowProblem({ columns }: ImportedModel, connection: DuckDBConnection, into: string): Promise<string | null> {
  // A quotient that nothing rounds has more digits here than Postgres keeps, so it is compared as a float is.
  const list = columns.map(({ name, type, isLoose }) => `CAST(${quoted(name)} AS ${isLoose === true ? 'DOUBLE' : type}) AS ${quoted(name)}`)
  const views = { left: 'temp.main.compared_left', right: 'temp.main.compared_right' }
  await connection.run(`CREATE OR REPLACE TEMP VIEW compared_left AS SELECT ${list.join(', ')} FROM ${into}`)
  await connection.run(`CREATE OR REPLACE TEMP VIEW compared_right AS SELECT ${list.join(', ')} FROM main.legacy_rows`)
  const result = await compareRelations(connection, views.left, views.right, { tolerance: TOLERANCE, limit: 1 })
  if (result.equal) return null
  const { missing, extra, changed } = result
  return `${missing} rows missing, ${extra} too many, ${changed} changed: ${JSON.stringify(result.differences[0], (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value))}`
}
