import { type JsonLinesFormat, type JsonValue, sqlNameOf, type Value, valueToText } from '@millrace/core'
import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readAll } from '../fixtures/read-all.ts'
import { tables, textColumn, TYPED_COLUMNS, type TypedColumn } from '../fixtures/typed-values.ts'

const COLUMNS: JsonLinesFormat = {
  type: 'json-lines',
  columns: { id: 'int64', amount: 'decimal(20,2)', note: 'text', tags: 'json', ok: 'boolean' },
}
const cuts = fc.record({ chunks: fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 5 }), partBytes: fc.integer({ min: 1, max: 90 }) })

async function rowsOf(format: JsonLinesFormat, file: string | Uint8Array): Promise<readonly (readonly (Value | undefined)[])[]> {
  const { rows, bad } = await readAll(format, file)
  expect(bad).toEqual([])
  return rows[''] ?? []
}

async function reasonsOf(format: JsonLinesFormat, file: string | Uint8Array): Promise<readonly string[]> {
  return (await readAll(format, file)).bad.map(({ reason }) => reason)
}

/** As some program writes it: numbers bare, all else in quotes. */
function memberOf({ type }: TypedColumn, value: Value): string {
  if (value === null) return 'null'
  const text = valueToText(type, value)
  const bare = type.kind === 'boolean' || /^-?\d+(?:\.\d+)?(?:e[+-]\d+)?$/.test(text)
  return bare && type.kind !== 'text' && type.kind !== 'date' && type.kind !== 'bytes' ? text : JSON.stringify(text)
}

describe('JSON lines', () => {
  test('numbers are what their text says, however long', async () => {
    expect(
      await rowsOf(COLUMNS, '{"id": 9223372036854775807, "amount": 123456789012345678.90}\n{"id": 9007199254740993, "amount": "0.10"}\n'),
    ).toEqual([
      [9_223_372_036_854_775_807n, 12_345_678_901_234_567_890n, null, null, null],
      [9_007_199_254_740_993n, 10, null, null, null],
    ])
    expect(await rowsOf(COLUMNS, '{"id": 1.0, "amount": 1e3}\n{"id": 2e2, "amount": 5.5}')).toEqual([
      [1, 100_000, null, null, null],
      [200, 550, null, null, null],
    ])
  })

  test('nested values stay as they stand, null and missing members are null, unknown ones are told', async () => {
    const { rows, end } = await readAll(
      COLUMNS,
      '{"tags":{"b":1,  "a":[1e400, 12345678901234567890]},"extra":1,"note":null}\n\n  \n{"tags":"text","ok":true}\r\n{"note":{"a": 1}}',
    )
    expect(rows['']).toEqual([
      [null, null, null, '{"b":1,  "a":[1e400, 12345678901234567890]}', null],
      [null, null, null, '"text"', true],
      [null, null, '{"a": 1}', null, null],
    ])
    expect(end).toMatchObject({ records: 3, bad: 0, unread: ['extra'] })
  })

  test('each bad line is parked with its reason, its neighbours flow', async () => {
    const lines = [
      '{"id": 1}',
      '{"id": 1',
      '[1, 2]',
      '{"id": 1, "id": 2}',
      '{"id": 1.5, "note": "kept"}',
      '{"id": 01}',
      '{"id": NaN}',
      '{"note": "half \\ud800"}',
      '{"tags": [1, 2}}',
      '{"note": "a\tb"}',
      '{"id": 1} extra',
      '{"ok": 1}',
      '{"id": 9223372036854775808}',
      "{'id': 1}",
      '{"id": 2}',
    ]
    const { rows, bad } = await readAll(COLUMNS, lines.join('\n'))
    expect(rows['']?.map(([id]) => id)).toEqual([1, 2])
    expect(bad.map(({ line, reason }) => `${line}: ${reason}`)).toEqual([
      '2: a comma or } belongs at character 9',
      '3: an object begins with { at character 1',
      '4: it has the member "id" twice',
      '5: id: "1.5" is no BIGINT',
      '6: a comma or } belongs at character 9',
      '7: a value belongs at character 8',
      '8: the text from character 10 holds half of a character',
      '9: the value from character 10 is no JSON',
      '10: the text from character 10 is no JSON',
      '11: nothing more belongs at character 11',
      '12: ok: "1" is no BOOLEAN',
      '13: id: "9223372036854775808" is no BIGINT',
      '14: a name in quotes belongs at character 2',
    ])
    expect(bad[3]).toMatchObject({ row: { note: 'kept' } })
    expect(bad[3]?.row).not.toHaveProperty('id')
  })

  test('what may not be null, unknown members where they are not wanted, and bytes that are no text are parked', async () => {
    expect(await reasonsOf({ type: 'json-lines', columns: { id: { type: 'int64', nullable: false } } }, '{}')).toEqual([
      'id: it must not be null',
    ])
    expect(await reasonsOf({ ...COLUMNS, unknownMembers: 'park' }, '{"id":1,"more":2}')).toEqual([
      'it has a member "more", for which there is no column',
    ])
    expect(await reasonsOf(COLUMNS, Buffer.from('7b226e6f7465223a22ff227d', 'hex'))).toEqual(['it holds bytes that are no text in utf-8'])
    expect(await reasonsOf({ ...COLUMNS, recordBytesMax: 20 }, `{"note":"${'x'.repeat(50)}"}\n{"id":1}`)).toEqual([
      'it is longer than 20 bytes',
    ])
  })

  test('a byte order mark and UTF-16 are understood', async () => {
    expect(await rowsOf(COLUMNS, '\uFEFF{"note":"ü"}')).toEqual([[null, null, 'ü', null, null]])
    expect(await rowsOf({ ...COLUMNS, encoding: 'utf-16le' }, Buffer.from('\uFEFF{"note":"ü"}\n', 'utf16le'))).toEqual([
      [null, null, 'ü', null, null],
    ])
  })

  test('any table reads back as it was written, however it is cut', async () => {
    const nasty = textColumn(fc.constantFrom('a', '"', '\\', '\n', '\u0001', '{', '}', '[', ']', ',', 'é', '😀'))
    await fc.assert(
      fc.asyncProperty(
        tables([...TYPED_COLUMNS, nasty, nasty]),
        fc.constantFrom('\n', '\r\n'),
        cuts,
        async ({ columns, rows }, lineEnd, cut) => {
          const file = rows
            .map((row) => `{${row.map((value, at) => `"c${at}":${memberOf(columns[at] as TypedColumn, value)}`).join(',')}}`)
            .join(lineEnd)
          const format: JsonLinesFormat = {
            type: 'json-lines',
            columns: Object.fromEntries(columns.map(({ name }, at) => [`c${at}`, name])),
            recordBytesMax: 4096,
          }
          const read = await readAll(format, file, cut)
          expect(read.bad).toEqual([])
          expect(read.rows[''] ?? []).toEqual(rows)
        },
      ),
      { numRuns: 300 },
    )
  })

  test('any bytes give the same however they are cut, and JSON.parse agrees on which lines are objects', async () => {
    const lines = fc.array(
      fc.oneof(
        fc.json({ maxDepth: 2 }),
        fc.json({ maxDepth: 1 }).map((text) => `{"a":${text}}`),
        fc.string({ unit: fc.constantFrom('{', '}', '"', 'a', ':', '1', ',', '\\'), maxLength: 12 }),
      ),
      { maxLength: 12 },
    )
    await fc.assert(
      fc.asyncProperty(lines, cuts, async (given, cut) => {
        const format: JsonLinesFormat = { type: 'json-lines', columns: { a: 'json' }, recordBytesMax: 4096 }
        const file = given.join('\n')
        const whole = await readAll(format, file, { partBytes: 5000 })
        const parts = await readAll(format, file, cut)
        expect({ rows: parts.rows[''] ?? [], bad: parts.bad }).toEqual({ rows: whole.rows[''] ?? [], bad: whole.bad })
        const reasons = new Map(whole.bad.map(({ line, reason }) => [line, reason]))
        for (const [at, line] of given.entries()) {
          if (line.trim() === '') continue
          const reason = reasons.get(at + 1)
          // An object is set aside only if it has the member twice, or half of a character in it.
          expect(reason === undefined || /twice|half/.test(reason), line).toBe(isObject(line))
        }
      }),
      { numRuns: 300 },
    )
  })

  test('DuckDB reads the same values from the same file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'json-lines-'))
    const instance = await DuckDBInstance.create(':memory:')
    const connection = await instance.connect()
    try {
      const types = TYPED_COLUMNS.filter(({ type }) =>
        ['int64', 'decimal', 'float64', 'boolean', 'date', 'timestamp', 'uuid'].includes(type.kind),
      )
      await fc.assert(
        fc.asyncProperty(tables([...types, textColumn(fc.constantFrom('a', '"', 'é', '\n', '1'))]), async ({ columns, rows }) => {
          if (rows.length === 0) return
          const path = join(folder, 'file.jsonl')
          const file = rows
            .map((row) => `{${row.map((value, at) => `"c${at}":${exactly(columns[at] as TypedColumn, value)}`).join(',')}}`)
            .join('\n')
          writeFileSync(path, file)
          const names = columns.map((_, at) => `c${at}`)
          const declared = columns.map(({ type }, at) => `c${at}: '${sqlNameOf(type)}'`).join(', ')
          const result = await connection.runAndReadAll(
            `SELECT ${names.map((name) => `${name}::VARCHAR`).join(', ')} FROM read_json('${path}', format = 'newline_delimited', columns = {${declared}})`,
          )
          const ours = await rowsOf(
            { type: 'json-lines', columns: Object.fromEntries(columns.map(({ name }, at) => [`c${at}`, name])) },
            file,
          )
          expect(ours.map((row) => row.map((value, at) => shown(columns[at] as TypedColumn, value as Value)))).toEqual(
            result.getRows().map((row) => row.map((value, at) => normal(columns[at] as TypedColumn, value as JsonValue))),
          )
        }),
        { numRuns: 60 },
      )
    } finally {
      connection.closeSync()
      instance.closeSync()
      rmSync(folder, { recursive: true })
    }
  })
})

/** Decimals in quotes: DuckDB takes a bare one through a double. */
function exactly(column: TypedColumn, value: Value): string {
  return column.type.kind === 'decimal' && value !== null ? `"${valueToText(column.type, value)}"` : memberOf(column, value)
}

function shown({ type }: TypedColumn, value: Value): string | null {
  return value === null ? null : normal({ type } as TypedColumn, valueToText(type, value))
}

/** Floats are written differently by each, and are the same number. */
function normal({ type }: TypedColumn, text: JsonValue): string | null {
  if (text === null) return null
  return type.kind === 'float64'
    ? String(
        Number(
          String(text)
            .replace(/^(-?)inf$/i, '$1Infinity')
            .replace(/^nan$/i, 'NaN'),
        ),
      )
    : String(text)
}

function isObject(line: string): boolean {
  try {
    const value = JSON.parse(line) as unknown
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}
