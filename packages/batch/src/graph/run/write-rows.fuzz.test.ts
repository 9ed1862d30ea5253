/** However rows are laid out, whoever reads them gets them as they were written. */
import type { DuckDBConnection } from '@duckdb/node-api'
import { quoteLiteral } from '@millrace/sql/text'
import fc from 'fast-check'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openRunEngine, type RunEngine } from './run-engine.ts'
import { writeRows } from './write-rows.ts'

/** More in a nightly run: `FUZZ_RUNS=1000`. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 40)

const COLUMNS = [
  { name: 'name', type: 'VARCHAR' },
  { name: 'Big One', type: 'BIGINT' },
  { name: 'flag', type: 'BOOLEAN' },
  { name: 'day', type: 'DATE' },
  { name: 'total', type: 'HUGEINT' },
  { name: 'price', type: 'DECIMAL(18,3)' },
]
const TEXTS = [
  '',
  'null',
  'NULL',
  '__HIVE_DEFAULT_PARTITION__',
  'a=b',
  '../..',
  'a/b',
  '%41',
  'A',
  '*',
  "it's",
  ' ',
  'true',
  '01',
  '1',
  '{',
  '\n',
]

const text = fc.oneof(
  fc.constantFrom(...TEXTS),
  fc.string({ unit: 'grapheme', maxLength: 6 }).map((value) => value.replaceAll('\0', '')),
)
const rows = fc.array(
  fc.tuple(
    fc.option(text),
    fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
    fc.option(fc.boolean()),
    fc.option(fc.constantFrom('2026-01-31', '0044-03-15 (BC)', 'infinity', '-infinity', '12026-01-01')),
    fc.option(fc.integer()),
    fc.option(fc.integer({ min: -1000, max: 1000 })),
  ),
  { minLength: 1, maxLength: 12 },
)
const layout = fc.record({
  partitionBy: fc.subarray(['name', 'Big One', 'flag', 'day']),
  clusterBy: fc.subarray(['price', 'day', 'name', 'Big One'], { maxLength: 2 }),
})

let folder: string
let engine: RunEngine
let connection: DuckDBConnection
let written = 0

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-layout-'))
  engine = await openRunEngine({ folder, workers: 1, memoryMb: 200, threads: 2, spillMb: 100, readable: [] })
  connection = engine.connections[0] as DuckDBConnection
})

afterAll(() => {
  engine.close()
  rmSync(folder, { recursive: true, force: true })
})

function sqlOf(values: readonly (readonly unknown[])[]): string {
  const cell = (value: unknown, at: number): string =>
    value === null ? `CAST(NULL AS ${COLUMNS[at]?.type})` : `CAST(${quoteLiteral(String(value))} AS ${COLUMNS[at]?.type})`
  const list = COLUMNS.map(({ name }) => `"${name}"`).join(', ')
  return `SELECT * FROM (VALUES ${values.map((row) => `(${row.map(cell).join(', ')})`).join(', ')}) AS t(${list})`
}

const asText = async (sql: string): Promise<string[]> =>
  (await connection.runAndReadAll(`SELECT COLUMNS(*)::VARCHAR FROM (${sql})`))
    .getRows()
    .map((row) => JSON.stringify(row))
    .sort()

test('law 3: rows are the same in any layout, also where one of their values is asked for', async () => {
  await fc.assert(
    fc.asyncProperty(rows, layout, async (values, how) => {
      written += 1
      const sql = sqlOf(values)
      const request = { engine, folder, stem: `versions/a/${written}`, name: 'a', sql, columns: COLUMNS, layout: how }
      const { files, rows: count } = await writeRows(connection, request)
      await engine.show('a', { kind: 'files', files }, COLUMNS)
      expect(count).toBe(values.length)
      expect(await asText('SELECT * FROM a')).toEqual(await asText(sql))
      const [first] = values
      for (const [at, { name, type }] of COLUMNS.entries()) {
        const value = first?.[at] ?? null
        const where = value === null ? `"${name}" IS NULL` : `"${name}" = CAST(${quoteLiteral(String(value))} AS ${type})`
        expect(await asText(`SELECT * FROM a WHERE ${where}`)).toEqual(await asText(`SELECT * FROM (${sql}) WHERE ${where}`))
      }
    }),
    { numRuns: RUNS },
  )
}, 120_000)
