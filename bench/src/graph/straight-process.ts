/** The limit: the same statements, sent to DuckDB one after another in an order that is known, into one file. */
import { DuckDBInstance } from '@duckdb/node-api'
import { checksumSql } from './checksum.ts'

export interface StraightOrder {
  /** A file, or `:memory:`. */
  readonly database: string
  readonly seed: string
  readonly models: string
  readonly checksums: boolean
}

export interface StraightResult {
  readonly seconds: number
  /** Of processor time. */
  readonly cpuSeconds: number
  readonly checksums: Readonly<Record<string, string>>
}

const { database, seed, models, checksums } = JSON.parse(process.argv[2] ?? '{}') as StraightOrder
const list = JSON.parse((await import('node:fs')).readFileSync(models, 'utf8')) as { name: string; sql: string }[]
const begunMs = performance.now()
const before = process.cpuUsage()
const instance = await DuckDBInstance.create(database)
const connection = await instance.connect()
await connection.run(`CREATE TABLE source AS SELECT * FROM read_csv('${seed}', header = true, sample_size = -1)`)
for (const { name, sql } of list) await connection.run(`CREATE TABLE ${name} AS ${sql}`)
await connection.run('CHECKPOINT')
const seconds = (performance.now() - begunMs) / 1000
const spent = process.cpuUsage(before)
const cpuSeconds = (spent.user + spent.system) / 1_000_000
const sums: Record<string, string> = {}
if (checksums) {
  for (const { name } of list) {
    const result = await connection.runAndReadAll(checksumSql(name))
    sums[name] = String(result.getRows()[0]?.[1])
  }
}
connection.closeSync()
instance.closeSync()
process.stdout.write(`${JSON.stringify({ seconds, cpuSeconds, checksums: sums })}\n`)
