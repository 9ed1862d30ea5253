import type { CsvFormat } from '@millrace/core'
import { describe, expect, test } from 'vitest'
import { gzipSync } from 'node:zlib'
import { chunked, codeOf, readAll } from './fixtures/read-all.ts'
import { inferSchemas } from './infer-schemas.ts'
import type { Inference, StreamedFormat } from './record-reader.ts'

const infer = (format: StreamedFormat, file: string | Uint8Array, sampleBytes?: number): Promise<Inference> =>
  inferSchemas({
    bytes: chunked(typeof file === 'string' ? Buffer.from(file) : file, [50]),
    format,
    name: 'file',
    ...(sampleBytes === undefined ? {} : { sampleBytes }),
  })

async function typeOf(values: readonly string[], more: Partial<CsvFormat> = {}): Promise<string> {
  const { columns } = await infer({ type: 'csv', delimiter: '|', ...more }, ['a|b', ...values.map((value) => `${value}|x`)].join('\n'))
  return columns[0]?.type ?? ''
}

describe('inference', () => {
  test('takes the narrowest type that loses nothing of any value', async () => {
    expect(await typeOf(['1', '', '-20'])).toBe('BIGINT')
    expect(await typeOf(['1', '9223372036854775808'])).toBe('HUGEINT')
    expect(await typeOf(['1.50', '12', '-0.25'])).toBe('DECIMAL(18,2)')
    expect(await typeOf(['1.5', '0.125', '12'])).toBe('DOUBLE')
    expect(await typeOf(['1e5', '2'])).toBe('DOUBLE')
    expect(await typeOf(['0.12345678901234567', '1.5'])).toBe('DECIMAL(38,17)')
    expect(await typeOf(['true', 'FALSE'])).toBe('BOOLEAN')
    expect(await typeOf(['0', '1'])).toBe('BIGINT')
    expect(await typeOf(['2024-02-29', '0001-01-01'])).toBe('DATE')
    expect(await typeOf(['2024-02-29 10:00:00', '2024-02-29T10:00:00.5'])).toBe('TIMESTAMP')
    expect(await typeOf(['2024-02-29T10:00:00Z', '2024-02-29 10:00:00+02:00'])).toBe('TIMESTAMP WITH TIME ZONE')
    expect(await typeOf(['10:00', '23:59:59.5'])).toBe('TIME')
    expect(await typeOf(['f81d4fae-7dec-11d0-a765-00a0c91e6bf6'])).toBe('UUID')
    expect(await typeOf(['1.234,50', '2,25'], { decimalSeparator: ',', thousandsSeparator: '.' })).toBe('DECIMAL(18,2)')
  })

  test('leaves as text what a type would change, and says why', async () => {
    for (const values of [
      ['007', '123'],
      ['+49', '50'],
      ['01/02/2024'],
      ['31.12.2024'],
      ['2024-02-30'],
      ['1', 'N/A'],
      ['true', 'maybe'],
      ['', ''],
      ['1_000'],
    ]) {
      expect(await typeOf(values), values.join()).toBe('VARCHAR')
    }
    const { columns } = await infer({ type: 'csv' }, `a,b,c\n01/02/2024,,${'1\n,,'.repeat(20)}N/A\n`)
    expect(columns).toEqual([
      {
        name: 'a',
        type: 'VARCHAR',
        confidence: 'unsure',
        why: 'values like "01/02/2024" may be dates, but not which: declare a date with its form',
      },
      { name: 'b', type: 'VARCHAR', confidence: 'unsure', why: 'there is no value in the sample, and text takes any' },
      {
        name: 'c',
        type: 'VARCHAR',
        confidence: 'unsure',
        why: 'the first 20 values are whole numbers, but "N/A" is not: declare the type, and such rows are parked',
      },
    ])
  })

  test('is surer the more it saw', async () => {
    const of = async (rows: number, sampleBytes: number): Promise<unknown> => {
      const { columns, whole } = await infer({ type: 'csv' }, `a,b\n${'1,x\n'.repeat(rows)}`, sampleBytes)
      return [columns[0]?.confidence, whole]
    }
    expect(await of(5, 10_000)).toEqual(['certain', true])
    expect(await of(5000, 24)).toEqual(['unsure', false])
    expect(await of(5000, 400)).toEqual(['likely', false])
    expect(await of(5000, 8000)).toEqual(['certain', false])
  })

  test('names columns once each, with a header or without', async () => {
    const named = await infer({ type: 'csv' }, 'id,ID,,id\n1,2,3,4\n')
    expect(named.columns.map(({ name }) => name)).toEqual(['id', 'ID_2', 'column_3', 'id_3'])
    const bare = await infer({ type: 'csv', header: false, encoding: 'utf-16le' }, Buffer.from('1,"x\ny"\n', 'utf16le'))
    expect(bare.columns.map(({ name, type }) => [name, type])).toEqual([
      ['column_1', 'BIGINT'],
      ['column_2', 'VARCHAR'],
    ])
  })

  test('what was inferred reads the file that it was inferred from', async () => {
    const files: readonly [StreamedFormat, string | Uint8Array][] = [
      [{ type: 'csv' }, 'id,ID,,at\n1,2.50,x,2024-01-01\n2,,"y\nz",\n'],
      [{ type: 'csv', header: false }, '1,2.50,x\n2,3.00,y\n'],
      [{ type: 'csv' }, gzipSync('a,b\n1,2\n3,4\n')],
      [{ type: 'json-lines' }, '{"a":1,"b":{"c":[]}}\n{"a":2,"d":"2024-01-01"}\n'],
    ]
    for (const [format, file] of files) {
      const { schemas } = await infer(format, file)
      expect(await readAll(format, file, { schemas })).toMatchObject({ bad: [], end: { records: 2, unread: [] } })
    }
  })

  test('of JSON, takes the kinds that JSON tells', async () => {
    const lines = [
      '{"id":1,"text":"12","when":"2024-01-01T00:00:00Z","mixed":1,"deep":{"a":1},"amount":1.25,"ok":true}',
      'no json',
      '{"id":null,"mixed":"1","late":"x","amount":3}',
    ]
    const { columns, schemas } = await infer({ type: 'json-lines' }, lines.join('\n'))
    expect(columns.map(({ name, type }) => [name, type])).toEqual([
      ['id', 'BIGINT'],
      ['text', 'VARCHAR'],
      ['when', 'TIMESTAMP WITH TIME ZONE'],
      ['mixed', 'JSON'],
      ['deep', 'JSON'],
      ['amount', 'DECIMAL(18,2)'],
      ['ok', 'BOOLEAN'],
      ['late', 'VARCHAR'],
    ])
    expect((await readAll({ type: 'json-lines' }, lines.join('\n'), { schemas })).bad).toHaveLength(1)
  })

  test('a file whose member names are data is refused', async () => {
    const line = `{${Array.from({ length: 2500 }, (_, at) => `"m${at}":1`).join(',')}}`
    expect(await codeOf(infer({ type: 'json-lines' }, line))).toBe('FILE_FORMAT_INVALID')
  })
})
