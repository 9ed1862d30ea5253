import { DuckDBInstance } from '@duckdb/node-api'
import { type CsvFormat, sqlNameOf, type Value, valueToText } from '@millrace/core'
import fc from 'fast-check'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readAll } from '../fixtures/read-all.ts'
import { TYPED_COLUMNS, type TypedColumn } from '../fixtures/typed-values.ts'

const folder = mkdtempSync(join(tmpdir(), 'csv-duckdb-'))
const path = join(folder, 'file.csv')
let instance: DuckDBInstance
beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:')
})
afterAll(() => {
  instance.closeSync()
  rmSync(folder, { recursive: true })
})

async function duckdb(columns: readonly TypedColumn[]): Promise<readonly (readonly (string | null)[])[] | null> {
  const connection = await instance.connect()
  try {
    const declared = columns.map(({ type }, at) => `'c${at}': '${sqlNameOf(type)}'`).join(', ')
    const names = columns.map((_, at) => `c${at}::VARCHAR`).join(', ')
    const options = `header = true, auto_detect = false, allow_quoted_nulls = false, delim = ',', quote = '"', escape = '"', new_line = '\\n', columns = {${declared}}`
    const result = await connection.runAndReadAll(`SET TimeZone = 'UTC'; SELECT ${names} FROM read_csv('${path}', ${options})`)
    return result.getRows().map((row) => row.map((value, at) => normal(columns[at] as TypedColumn, value === null ? null : String(value))))
  } catch {
    return null
  } finally {
    connection.closeSync()
  }
}

function normal({ type }: TypedColumn, text: string | null): string | null {
  if (text === null) return null
  return type.kind.startsWith('float')
    ? String(Math.fround(Number(text.replace(/^(-?)inf$/i, '$1Infinity').replace(/^nan$/i, 'NaN'))))
    : text
}

async function ours(
  columns: readonly TypedColumn[],
  file: string,
): Promise<{ rows: readonly (readonly (string | null)[])[]; bad: number }> {
  const format: CsvFormat = { type: 'csv', columns: Object.fromEntries(columns.map(({ name }, at) => [`c${at}`, name])) }
  const { rows, bad } = await readAll(format, file)
  const shown = (rows[''] ?? []).map((row) =>
    row.map((value, at) => {
      const column = columns[at] as TypedColumn
      return value === null ? null : normal(column, valueToText(column.type, value as Exclude<Value, null>))
    }),
  )
  return { rows: shown, bad: bad.length }
}

const COMPARED = TYPED_COLUMNS.filter(({ type }) => type.kind !== 'bytes')

test('where DuckDB reads a file of values, both read the same', async () => {
  const value = (column: TypedColumn): fc.Arbitrary<string> =>
    fc.option(column.value, { freq: 5 }).map((given) => (given === null ? '' : valueToText(column.type, given).replace('Infinity', 'inf')))
  const table = fc
    .array(fc.constantFrom(...COMPARED), { minLength: 2, maxLength: 5 })
    .chain((columns) =>
      fc.record({ columns: fc.constant(columns), rows: fc.array(fc.tuple(...columns.map(value)), { minLength: 1, maxLength: 8 }) }),
    )
  let agreed = 0
  await fc.assert(
    fc.asyncProperty(table, async ({ columns, rows }) => {
      const file = [columns.map((_, at) => `c${at}`), ...rows].map((row) => row.join(',')).join('\n')
      writeFileSync(path, `${file}\n`)
      const theirs = await duckdb(columns)
      const mine = await ours(columns, `${file}\n`)
      expect(mine.bad).toBe(0)
      if (theirs === null) return
      agreed += 1
      expect(mine.rows).toEqual(theirs)
    }),
    { numRuns: 80 },
  )
  expect(agreed).toBeGreaterThan(60)
})

test('where DuckDB reads a file of nasty texts and we park nothing, both read the same', async () => {
  const cell = fc.string({ unit: fc.constantFrom('a', '"', '""', ',', ' ', '1', '.', '-', 'é', '\n'), maxLength: 6 })
  const quoted = cell.map((text) => `"${text.replaceAll('"', '""')}"`)
  const columns = ['text', 'text', 'int64', 'decimal(12,2)', 'float64'].map(
    (name): TypedColumn => TYPED_COLUMNS.find((column) => column.name === name) ?? { name: 'text', type: { kind: 'text' }, value: cell },
  )
  const numbers = fc.stringMatching(/^[-+]?\d{0,4}(\.\d{0,2})?$/).filter((text) => /\d/.test(text) || text === '')
  const line = fc.tuple(
    fc.oneof(quoted, fc.constantFrom('', 'plain', ' spaced ', 'it "is"')),
    quoted,
    fc.stringMatching(/^[-]?\d{0,5}$/).filter((text) => text !== '-'),
    numbers,
    numbers,
  )
  let agreed = 0
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 8 }), async (rows) => {
      const file = `${['c0,c1,c2,c3,c4', ...rows.map((row) => row.join(','))].join('\n')}\n`
      writeFileSync(path, file)
      const theirs = await duckdb(columns)
      const mine = await ours(columns, file)
      if (theirs === null || mine.bad > 0) return
      agreed += 1
      expect(mine.rows).toEqual(theirs)
    }),
    { numRuns: 100 },
  )
  expect(agreed).toBeGreaterThan(25)
})
