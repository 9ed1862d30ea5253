import type { CsvFormat, Value } from '@millrace/core'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { codeOf, readAll } from '../fixtures/read-all.ts'

const TWO: CsvFormat = { type: 'csv', header: false, columns: { a: 'int32', b: 'text' } }

async function rowsOf(format: CsvFormat, file: string | Uint8Array): Promise<readonly (readonly (Value | undefined)[])[]> {
  const { rows, bad } = await readAll(format, file)
  expect(bad).toEqual([])
  return rows[''] ?? []
}

async function badOf(format: CsvFormat, file: string | Uint8Array): Promise<readonly string[]> {
  return (await readAll(format, file)).bad.map(({ line, reason }) => `${line}: ${reason}`)
}

describe('CSV', () => {
  test('quotes hold delimiters, line ends and quotes, and an empty text is not null', async () => {
    expect(await rowsOf(TWO, '1,"a, ""b""\r\nc"\n2,\n3,""\n4,say "hi"\n"5","x"')).toEqual([
      [1, 'a, "b"\r\nc'],
      [2, null],
      [3, ''],
      [4, 'say "hi"'],
      [5, 'x'],
    ])
    expect(await rowsOf({ ...TWO, escape: '\\' }, String.raw`1,"a \"b\" \\ \n"`)).toEqual([[1, String.raw`a "b" \ \n`]])
    expect(await rowsOf({ ...TWO, quote: null }, '1,"a"')).toEqual([[1, '"a"']])
  })

  test('columns are found by the names of the header, in any order and case; others are passed over and told', async () => {
    const format: CsvFormat = { type: 'csv', columns: { id: 'int32', name: 'text' } }
    const { rows, end } = await readAll(format, '"Name",extra,ID\nx,?,1\n')
    expect(rows['']).toEqual([[1, 'x']])
    expect(end.unread).toEqual(['extra'])
    expect(await codeOf(readAll(format, 'id,other\n1,2\n'))).toBe('FILE_HEADER_MISMATCH')
    expect((await readAll({ type: 'csv', columns: { name: 'text', NAME_2: 'text' } }, 'name,NAME\na,b\n')).rows['']).toEqual([['a', 'b']])
    expect(await codeOf(readAll(format, '"id,name\n1,2\n'))).toBe('FILE_HEADER_MISMATCH')
    expect((await readAll({ ...format, names: ['name', 'id'] }, 'any,thing\nx,1\n')).rows['']).toEqual([[1, 'x']])
  })

  test('comments, blank lines, lines before the header and a byte order mark are no records', async () => {
    const format: CsvFormat = { type: 'csv', columns: { a: 'int32', b: 'text' }, comment: '#', skipLines: 2 }
    expect(await rowsOf(format, '\uFEFFreport\r\n"of a day\r\n# b,a\r\nb,a\r\n\r\n#"\r\nx,1\r\n\r\n')).toEqual([[1, 'x']])
    const { bad } = await readAll(format, 'report\nof a day\na,b\n#\n\nwrong,line\n1,"\n"\n2\n')
    expect(bad.map(({ line, index }) => [line, index])).toEqual([
      [6, 0],
      [9, 2],
    ])
  })

  test('in a file of one column a blank line is a null', async () => {
    expect(await rowsOf({ type: 'csv', columns: { a: 'text' } }, 'a\nx\n\ny\n')).toEqual([['x'], [null], ['y']])
  })

  test('each bad record is parked with its line, its reason, its bytes and what could be read of it', async () => {
    const { rows, bad } = await readAll(TWO, '1,good\nx,"two\nlines"\n2\n3,"a" b\n99999999999,big\n4,good\n')
    expect(rows['']).toEqual([
      [1, 'good'],
      [4, 'good'],
    ])
    expect(bad.map((record) => ({ ...record, raw: Buffer.from(record.raw).toString() }))).toEqual([
      { index: 1, line: 2, reason: 'a: "x" is no INTEGER', raw: 'x,"two\nlines"', row: { b: 'two\nlines' } },
      { index: 2, line: 4, reason: 'it has 1 field where 2 belong', raw: '2', row: null },
      { index: 3, line: 5, reason: 'something stands between a closing quote and the end of its field', raw: '3,"a" b', row: null },
      { index: 4, line: 6, reason: 'a: "99999999999" is no INTEGER', raw: '99999999999,big', row: { b: 'big' } },
    ])
  })

  test('ragged records may be filled', async () => {
    expect(await rowsOf({ ...TWO, ragged: 'fill' }, '1\n2,x,more\n3,y\n')).toEqual([
      [1, null],
      [2, 'x'],
      [3, 'y'],
    ])
  })

  test('words for null, and what must not be null', async () => {
    const format: CsvFormat = {
      type: 'csv',
      header: false,
      nullText: ['', 'NULL', '-1'],
      columns: { a: 'int32', b: { type: 'text', nullable: false } },
    }
    expect(await rowsOf(format, '-1,x\nNULL,"NULL"\n"",y\n')).toEqual([
      [null, 'x'],
      [null, 'NULL'],
      [null, 'y'],
    ])
    expect(await badOf(format, '1,NULL\n2,\n')).toEqual(['1: b: it must not be null', '2: b: it must not be null'])
    expect(await badOf({ ...format, nullText: [] }, ',x\n')).toEqual(['1: a: "" is no INTEGER'])
  })

  test('numbers as they are written elsewhere', async () => {
    const format: CsvFormat = {
      type: 'csv',
      delimiter: ';',
      header: false,
      decimalSeparator: ',',
      thousandsSeparator: '.',
      columns: { a: 'decimal(12,2)', b: 'float64', c: 'int64' },
    }
    expect(await rowsOf(format, '1.234.567,8;-0,5;1.000\n12; 3,25 ;+7\n')).toEqual([
      [123_456_780, -0.5, 1000],
      [1200, 3.25, 7],
    ])
    expect(await badOf(format, '1.23,4;1;1\n1.5;1;1\n1,234;1;1\n1;1.;1\n')).toHaveLength(4)
  })

  test('dates in a declared form', async () => {
    const format: CsvFormat = {
      type: 'csv',
      header: false,
      columns: {
        a: { type: 'date', format: 'D.M.YYYY' },
        b: { type: 'timestamp', format: 'MM/DD/YY hh:mm' },
        c: { type: 'timestamptz', format: 'DD-MON-YYYY hh:mm:ss.f zzz' },
        d: { type: 'date', format: 'YYYYDDD' },
      },
    }
    expect(await rowsOf(format, '1.2.2024,12/31/69 23:59,05-Mar-2024 01:02:03.5 +02:00,2024060\n')).toEqual([
      [19_754, 3_155_759_940_000_000, 1_709_593_323_500_000, 19_782],
    ])
    expect(await badOf(format, '30.2.2024,,,\n,13/01/24 00:00,,\n,,05-Mai-2024 01:02:03.5 Z,\n,,,2023366\n')).toHaveLength(4)
    expect(await codeOf(readAll({ ...format, columns: { a: { type: 'date', format: 'MM.YYYY' } } }, '1'))).toBe('FILE_FORMAT_INVALID')
    expect(await codeOf(readAll({ ...format, columns: { a: { type: 'date', format: 'DD.MM.YYYY DD' } } }, '1'))).toBe('FILE_FORMAT_INVALID')
  })

  test('what is almost a date is none', async () => {
    const format: CsvFormat = { type: 'csv', header: false, columns: { a: 'timestamp', b: 'date' } }
    for (const text of [
      '2024-02-30',
      '2024-13-01',
      '2024-1-1',
      '2024-00-10',
      '2024-01-00',
      '2024-01-01x',
      '20240101',
      '01.02.2024',
      '0000-00-00',
      '2024/01/01',
      '2024-:1-01',
    ]) {
      expect(await badOf(format, `,${text}\n`), text).toHaveLength(1)
    }
    for (const text of [
      '2024-01-01 24:00:00',
      '2024-01-01 10:60:00',
      '2024-01-01 10:00:00.0000001',
      '2024-01-01 10:00:00.',
      '2024-01-01 10:00:00Z',
      '2024-01-01 1:00:00',
      '2024-01-01-10:00:00',
    ]) {
      expect(await badOf(format, `${text},\n`), text).toHaveLength(1)
    }
    expect(await rowsOf(format, '2024-01-01 10:00,2024-02-29\n2024-01-01T10:00:00.100000000,\n2024-01-01,0001-01-01')).toEqual([
      [1_704_103_200_000_000, 19_782],
      [1_704_103_200_100_000, null],
      [1_704_067_200_000_000, -719_162],
    ])
  })

  test('bytes that are no text are parked with their row, in each encoding', async () => {
    expect(await badOf(TWO, Buffer.from('1,ok\n2,\xff\n3,\u00fc\n', 'latin1'))).toEqual([
      '2: it holds bytes that are no text in utf-8',
      '3: it holds bytes that are no text in utf-8',
    ])
    expect(await rowsOf({ ...TWO, encoding: 'latin1' }, Buffer.from('1,\x80\xff\n', 'latin1'))).toEqual([[1, '\u0080ÿ']])
    expect(await rowsOf({ ...TWO, encoding: 'windows-1252' }, Buffer.from('1,\x80\xff\n', 'latin1'))).toEqual([[1, '€ÿ']])
    expect(await rowsOf({ ...TWO, encoding: 'koi8-r' }, Buffer.from('1,\xc1\n', 'latin1'))).toEqual([[1, 'а']])
    expect(await rowsOf({ ...TWO, encoding: 'shift_jis' }, Buffer.from('312c835c0a', 'hex'))).toEqual([[1, 'ソ']])
    expect(await badOf({ ...TWO, encoding: 'utf-16le' }, Buffer.from('31002c0000d80a00', 'hex'))).toEqual([
      '1: it holds bytes that are no text in utf-16le',
    ])
    expect(await codeOf(readAll({ ...TWO, encoding: 'cp037' }, '1'))).toBe('FILE_FORMAT_INVALID')
    expect(await codeOf(readAll({ ...TWO, delimiter: 'ü' }, '1'))).toBe('FILE_FORMAT_INVALID')
  })

  test('a trailer is no record, and what it says is compared', async () => {
    const format: CsvFormat = {
      type: 'csv',
      columns: { id: 'int64', amount: 'decimal(10,2)' },
      trailer: {
        code: 'TRAILER',
        totals: [
          { name: 'rows', of: 'count', field: 2 },
          { name: 'amount', of: { sum: 'amount' }, field: 3 },
          { name: 'ids', of: { hash: 'id' }, field: 4 },
        ],
      },
    }
    const file = 'id,amount\n90071992547409931,0.10\nx,0.25\n12,-0.05\nTRAILER,3,"0.30",943\n'
    const { end } = await readAll(format, file, { chunks: [3], partBytes: 10 })
    expect(end).toMatchObject({ records: 3, bad: 1 })
    expect(end.controlTotals).toEqual([
      { name: 'rows', declared: '3', counted: '3', ok: true },
      { name: 'amount', declared: '0.30', counted: '0.30', ok: true },
      // One id cannot be read, so nobody can say that the sum is right.
      { name: 'ids', declared: '943', counted: '943 and 1 that cannot be read', ok: false },
    ])
    expect(
      await codeOf(readAll({ ...format, trailer: { code: 'T', totals: [{ name: 'no', of: { sum: 'other' }, field: 1 }] } }, file)),
    ).toBe('FILE_FORMAT_INVALID')
    expect(
      await codeOf(
        readAll(
          { type: 'csv', columns: { a: 'float64' }, trailer: { code: 'T', totals: [{ name: 'no', of: { sum: 'a' }, field: 1 }] } },
          file,
        ),
      ),
    ).toBe('FILE_FORMAT_INVALID')
  })

  test('a sum is exact however large its amounts are', async () => {
    const format: CsvFormat = {
      type: 'csv',
      header: false,
      columns: { id: 'int64' },
      trailer: { code: 'T', totals: [{ name: 'ids', of: { sum: 'id' }, field: 2 }] },
    }
    for (const ids of [
      Array.from({ length: 9 }, () => 9_007_199_254_740_991n),
      Array.from({ length: 99 }, () => 4_503_599_627_370_495n),
      [2n, 9_007_199_254_740_991n],
      [1n, 9_223_372_036_854_775_807n, -3n],
    ]) {
      const sum = ids.reduce((total, id) => total + id, 0n)
      const { end } = await readAll(format, `${ids.join('\n')}\nT,${sum}\n`)
      expect(end.controlTotals).toEqual([{ name: 'ids', declared: String(sum), counted: String(sum), ok: true }])
    }
  })

  test('a record over its limit is parked and reading goes on, wherever the limit falls', async () => {
    for (let limit = 8; limit < 30; limit += 1) {
      const long = 'y'.repeat(40)
      const { rows, bad } = await readAll({ ...TWO, recordBytesMax: limit }, `1,a\n2,${long}\n3,"b\nb"\n4,"${long}\n5,c\n`, {
        chunks: [7],
        partBytes: 9,
      })
      expect(rows['']).toEqual([
        [1, 'a'],
        [3, 'b\nb'],
        [5, 'c'],
      ])
      expect(bad.map(({ index, line }) => [index, line])).toEqual([
        [1, 2],
        [3, 5],
      ])
    }
  })

  test('files of nothing have no records', async () => {
    for (const file of ['', '\n', '\uFEFF', 'a,b', 'a,b\r\n'])
      expect((await readAll({ ...TWO, header: true }, file === '' || file.includes('a') ? file : `${file}a,b`)).end.records).toBe(0)
    expect((await readAll(TWO, gzipSync(Buffer.alloc(0)))).end.records).toBe(0)
  })
})
