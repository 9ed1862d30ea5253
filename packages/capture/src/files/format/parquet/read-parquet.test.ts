import { DuckDBInstance } from '@duckdb/node-api'
import { mkdtempSync, rmSync, truncateSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { codeOf, type FileRead, gather } from '../fixtures/read-all.ts'
import type { ReadMark } from '../record-reader.ts'
import { parquetSchemas, readParquet } from './read-parquet.ts'

const folder = mkdtempSync(join(tmpdir(), 'parquet-test-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0

/** Writes what a query yields. */
async function write(sql: string, name = `${(files += 1)}.parquet`): Promise<string> {
  const path = join(folder, name)
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(`COPY (${sql}) TO '${path}' (FORMAT parquet, ROW_GROUP_SIZE 2048)`)
  connection.closeSync()
  instance.closeSync()
  return path
}

async function read(path: string, wish: { columns?: readonly string[]; partBytes?: number; resume?: ReadMark } = {}): Promise<FileRead> {
  const { columns, ...rest } = wish
  const format = columns === undefined ? ({ type: 'parquet' } as const) : ({ type: 'parquet', columns } as const)
  const schemas = await parquetSchemas({ path, format, name: 'file' })
  return gather(readParquet({ path, format, name: 'file', schemas, origin: { transaction: 1, timeMicros: 0 }, ...rest }))
}

describe('Parquet', () => {
  test('each type arrives as the one that it is', async () => {
    const path = await write(`SELECT true AS a, 1::TINYINT AS b, 9223372036854775807::BIGINT AS c, 18446744073709551615::UBIGINT AS d,
      -12.50::DECIMAL(9,2) AS e, 0.5::FLOAT AS f, 'ü' AS g, '\\x00\\xFF'::BLOB AS h, DATE '2024-02-29' AS i, TIME '01:02:03.000004' AS j,
      TIMESTAMP '2024-01-01 00:00:00.000001' AS k, TIMESTAMPTZ '2024-01-01 00:00:00+02' AS l,
      'f81d4fae-7dec-11d0-a765-00a0c91e6bf6'::UUID AS m, CAST(NULL AS INTEGER) AS n, '{"a": 1}'::JSON AS o`)
    const { rows } = await read(path)
    expect(rows['']).toEqual([
      [
        true,
        1,
        9_223_372_036_854_775_807n,
        18_446_744_073_709_551_615n,
        -1250,
        0.5,
        'ü',
        Uint8Array.of(0, 255),
        19_782,
        3_723_000_004,
        1_704_067_200_000_001,
        1_704_060_000_000_000,
        'f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
        null,
        '{"a": 1}',
      ],
    ])
  })

  test('nested values become json', async () => {
    const path = await write(`SELECT {'a': 1, 'b': [1, NULL]} AS s, [1, 2] AS l, MAP {'k': 1} AS m`)
    const { rows, parts } = await read(path)
    expect(parts[0]?.batch.schema.columns.map(({ type }) => type.kind)).toEqual(['json', 'json', 'json'])
    expect(rows['']).toEqual([['{"a":1,"b":[1,null]}', '[1,2]', '{"k":1}']])
  })

  test('parts are bounded, in the order of the file, and reading goes on at each mark', async () => {
    const path = await write(`SELECT range AS id, repeat('x', 100) AS filling FROM range(20000)`)
    const whole = await read(path, { partBytes: 200_000 })
    expect(whole.rows['']?.map(([id]) => id)).toEqual(Array.from({ length: 20_000 }, (_, id) => id))
    expect(whole.parts.length).toBeGreaterThan(5)
    const mark = JSON.parse(JSON.stringify(whole.marks[2])) as ReadMark
    const rest = await read(path, { resume: mark })
    expect(rest.indexes).toEqual(whole.indexes.slice(mark.records))
    expect(rest.end).toEqual(whole.end)
  })

  test('an instant with nanoseconds is parked, its neighbours flow', async () => {
    const path = await write(
      `SELECT * FROM (VALUES (1, '2024-01-01 00:00:00.000001'::TIMESTAMP_NS), (2, '2024-01-01 00:00:00.000000001'::TIMESTAMP_NS), (3, NULL)) t(id, moment)`,
    )
    const { rows, bad, end } = await read(path)
    expect(rows['']).toEqual([
      [1, 1_704_067_200_000_001],
      [3, null],
    ])
    expect(bad).toMatchObject([{ index: 1, reason: 'moment: it has parts of a microsecond, which no timestamp holds', row: { id: 2 } }])
    expect(end).toMatchObject({ records: 3, bad: 1 })
  })

  test('a type that no column can have is refused by the name of its column, and may be left out', async () => {
    const path = await write(`SELECT 1 AS id, TIMETZ '12:00:00+02' AS span`)
    expect(await codeOf(read(path))).toBe('FILE_TYPE_UNSUPPORTED')
    const { rows, end } = await read(path, { columns: ['id'] })
    expect(rows['']).toEqual([[1]])
    expect(end.unread).toEqual(['span'])
  })

  test('an interval is read exactly', async () => {
    const path = await write(`SELECT INTERVAL '1 month 2 days 03:04:05.006' AS span`)
    expect((await read(path)).rows['']).toEqual([['1 month 2 days 03:04:05.006']])
  })

  test('a path with signs of a pattern names one file', async () => {
    const path = await write('SELECT 1 AS id', 'a[1]?.parquet')
    expect((await read(path)).rows['']).toEqual([[1]])
  })

  test('a damaged file and a missing column are told', async () => {
    const path = await write('SELECT range AS id FROM range(5000)')
    expect(await codeOf(read(path, { columns: ['other'] }))).toBe('FILE_HEADER_MISMATCH')
    truncateSync(path, statSync(path).size - 100)
    expect(await codeOf(read(path))).toBe('FILE_DAMAGED')
  })
})
