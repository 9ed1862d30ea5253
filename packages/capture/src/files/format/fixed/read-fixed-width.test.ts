import { type FixedWidthFormat, type Value, valueToText } from '@millrace/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodingOf } from '../encoding/encoding.ts'
import { codeOf, readAll } from '../fixtures/read-all.ts'
import { TYPED_COLUMNS } from '../fixtures/typed-values.ts'

const cuts = fc.record({ chunks: fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 5 }), partBytes: fc.integer({ min: 1, max: 90 }) })

const ORDERS: FixedWidthFormat = {
  type: 'fixed-width',
  code: { start: 1, length: 1 },
  layouts: {
    head: { code: 'H', role: 'header', fields: [{ name: 'date', start: 2, length: 8, type: 'date', format: 'YYYYMMDD' }] },
    order: {
      code: 'O',
      fields: [
        { name: 'id', start: 2, length: 5, type: 'int32' },
        { name: 'customer', start: 7, length: 8, type: 'text' },
        { name: 'amount', start: 15, length: 8, type: 'decimal(8,2)' },
        { name: 'day', start: 23, length: 8, type: 'date', format: 'DDMMYYYY' },
      ],
    },
    item: {
      code: 'I',
      fields: [
        { name: 'order_id', start: 2, length: 5, type: 'int32' },
        { name: 'text', start: 7, length: 10, type: 'text' },
      ],
    },
    tail: {
      code: 'T',
      role: 'trailer',
      fields: [
        { name: 'count', start: 2, length: 5, type: 'int32' },
        { name: 'sum', start: 7, length: 10, type: 'decimal(10,2)' },
        { name: 'hash', start: 17, length: 3, type: 'int32' },
      ],
      totals: [
        { name: 'records', of: 'count', field: 'count' },
        { name: 'amount', of: { sum: 'amount' }, field: 'sum', records: 'order' },
        { name: 'ids', of: { hash: 'id' }, field: 'hash', records: 'order' },
      ],
    },
  },
}

const FILE = [
  'H20240131',
  'O00001Miller  0000125029022024',
  'I00001A pen     ',
  'I00001Paper',
  'O00999Ümit    0000000531122023',
  'T000040000001255000',
].join('\n')

describe('fixed width', () => {
  test('several types of records go to their own streams, headers and trailers are no data, totals are compared', async () => {
    const latin1 = Buffer.from(FILE, 'latin1')
    const { rows, bad, end, indexes } = await readAll({ ...ORDERS, encoding: 'latin1' }, latin1)
    expect(bad).toEqual([])
    expect(rows).toEqual({
      order: [
        [1, 'Miller', 1250, 19_782],
        [999, 'Ümit', 5, 19_722],
      ],
      item: [
        [1, 'A pen'],
        [1, 'Paper'],
      ],
    })
    // By stream: orders are the first and the last of the file.
    expect(indexes).toEqual([0, 3, 1, 2])
    expect(end.controlTotals).toEqual([
      { name: 'records', declared: '4', counted: '4', ok: true },
      { name: 'amount', declared: '12.55', counted: '12.55', ok: true },
      { name: 'ids', declared: '0', counted: '0', ok: true },
    ])
  })

  test('a total that differs, and a trailer that is missing, are told', async () => {
    const wrong = await readAll({ ...ORDERS, encoding: 'latin1' }, Buffer.from(FILE.replace('0000001255', '0000001256'), 'latin1'))
    expect(wrong.end.controlTotals[1]).toEqual({ name: 'amount', declared: '12.56', counted: '12.55', ok: false })
    const cut = await readAll({ ...ORDERS, encoding: 'latin1' }, Buffer.from(FILE.slice(0, FILE.lastIndexOf('\n')), 'latin1'))
    expect(cut.end.controlTotals.map(({ ok, declared }) => [ok, declared])).toEqual([
      [false, ''],
      [false, ''],
      [false, ''],
    ])
  })

  test('positions are bytes, or characters where that is said', async () => {
    const line = 'ÄÖ12'
    const layouts = (start: number): FixedWidthFormat['layouts'] => ({
      row: {
        fields: [
          { name: 'a', start: 1, length: start - 1, type: 'text' },
          { name: 'b', start, length: 2, type: 'int8' },
        ],
      },
    })
    expect((await readAll({ type: 'fixed-width', layouts: layouts(5) }, line)).rows['']).toEqual([['ÄÖ', 12]])
    expect((await readAll({ type: 'fixed-width', positions: 'characters', layouts: layouts(3) }, line)).rows['']).toEqual([['ÄÖ', 12]])
    expect(
      (
        await readAll(
          { type: 'fixed-width', positions: 'characters', encoding: 'utf-16be', layouts: layouts(3) },
          Buffer.from(line, 'utf16le').swap16(),
        )
      ).rows[''],
    ).toEqual([['ÄÖ', 12]])
    // A place in the middle of a character is a place where no text is.
    expect((await readAll({ type: 'fixed-width', layouts: layouts(4) }, line)).bad[0]?.reason).toContain('a: ')
  })

  test('mainframe records: EBCDIC, packed, zoned and binary numbers, of one length and without line ends', async () => {
    const name = Buffer.from('d4c9d3d3c5d940', 'hex')
    const packed = Buffer.from('012345d0', 'hex').subarray(0, 0)
    const record = Buffer.concat([
      name,
      packed,
      Buffer.from('0012345d', 'hex'),
      Buffer.from('f0f1f2c3', 'hex'),
      Buffer.from('fffffffe', 'hex'),
      Buffer.from('20240229'.replace(/./g, 'f$&'), 'hex'),
      Buffer.from('0102', 'hex'),
    ])
    const second = Buffer.concat([
      Buffer.from('c1adbd5f404040', 'hex'),
      Buffer.from('0000000c', 'hex'),
      Buffer.from('f0f1f2d3', 'hex'),
      Buffer.from('0000007f', 'hex'),
      Buffer.from('40'.repeat(8), 'hex'),
      Buffer.from('1525', 'hex'),
    ])
    const format: FixedWidthFormat = {
      type: 'fixed-width',
      encoding: 'cp1047',
      records: { bytes: 29 },
      layouts: {
        row: {
          fields: [
            { name: 'name', start: 1, length: 7, type: 'text' },
            { name: 'amount', start: 8, length: 4, type: 'decimal(7,2)', storage: 'packed' },
            { name: 'zoned', start: 12, length: 4, type: 'int32', storage: 'overpunch' },
            { name: 'number', start: 16, length: 4, type: 'int32', storage: 'binary' },
            { name: 'day', start: 20, length: 8, type: 'date', format: 'YYYYMMDD' },
            { name: 'raw', start: 28, length: 2, type: 'bytes' },
          ],
        },
      },
    }
    const { rows, bad } = await readAll(format, Buffer.concat([record, second]), { chunks: [5], partBytes: 10 })
    expect(bad).toEqual([])
    expect(rows['']).toEqual([
      ['MILLER', -12_345, 123, -2, 19_782, Uint8Array.of(1, 2)],
      ['A[]^', 0, -123, 127, null, Uint8Array.of(0x15, 0x25)],
    ])
    const broken = Buffer.concat([record, Buffer.from(second).fill(0xee, 7, 11), record.subarray(0, 11)])
    const read = await readAll(format, broken)
    expect(read.rows['']?.length).toBe(1)
    expect(read.bad.map(({ index, line, reason }) => [index, line, reason])).toEqual([
      [1, 2, String.raw`amount: "\\xeeeeeeee" is no DECIMAL(7,2)`],
      [2, 3, 'the file ends after 11 of its 29 bytes'],
    ])
  })

  test('EBCDIC lines end with NEL or LF, and its code pages differ where they do', async () => {
    const bytes = Buffer.from('c1adbd154fb0ba0d25c1', 'hex')
    const of = async (encoding: string): Promise<unknown> =>
      (
        await readAll(
          { type: 'fixed-width', encoding, layouts: { row: { fields: [{ name: 'a', start: 1, length: 3, type: 'text' }] } } },
          bytes,
        )
      ).rows['']
    expect(await of('cp1047')).toEqual([['A[]'], ['|¬Ý'], ['A']])
    expect(await of('cp037')).toEqual([['AÝ¨'], ['|^['], ['A']])
    expect(await of('ibm500')).toEqual([['AÝ¨'], ['!¢¬'], ['A']])
  })

  test('records led by their length', async () => {
    const led = (text: string): Buffer => Buffer.concat([Buffer.from([0, text.length + 4, 0, 0]), Buffer.from(text)])
    const format: FixedWidthFormat = {
      type: 'fixed-width',
      records: 'rdw',
      layouts: { row: { fields: [{ name: 'a', start: 1, length: 5, type: 'text' }] } },
    }
    const file = Buffer.concat([led('one'), led('two\n'), led('three, and what is beyond')])
    expect((await readAll(format, file, { chunks: [3], partBytes: 4 })).rows['']).toEqual([['one'], ['two\n'], ['three']])
    const cut = await readAll(format, file.subarray(0, -3))
    expect(cut.bad.map(({ index, reason }) => [index, reason])).toEqual([[2, 'the file ends in its middle']])
    expect(await codeOf(readAll(format, Buffer.concat([led('one'), Buffer.from('no length')])))).toBe('FILE_DAMAGED')
  })

  test('padding, signs and written points', async () => {
    const fields: FixedWidthFormat['layouts'][string]['fields'] = [
      { name: 'a', start: 1, length: 6, type: 'text', padSide: 'left', padCharacter: '*' },
      { name: 'b', start: 7, length: 6, type: 'decimal(6,2)' },
      { name: 'c', start: 13, length: 7, type: 'decimal(6,2)', point: 'written' },
      { name: 'd', start: 20, length: 3, type: 'int8', padCharacter: '0', nullText: ['', '999'] },
      { name: 'e', start: 23, length: 3, type: 'boolean', nullable: false },
    ]
    const format: FixedWidthFormat = { type: 'fixed-width', layouts: { row: { fields } } }
    const lines = [
      '***abc00125-  -1.50000  Y',
      'abc**** 12345 12.3 999yes',
      '******      0000.10  7no ',
      '      +00125    .50-12',
      'abc   1.2500      1 1 Y',
    ]
    const { rows, bad } = await readAll(format, lines.join('\n'))
    expect(rows['']?.slice(0, 1)).toEqual([['abc', -125, -150, 0, true]])
    expect(bad.map(({ line, reason }) => `${line} ${reason}`)).toContain('4 e: it must not be null')
    expect(bad.map(({ line, reason }) => `${line} ${reason}`)).toContain('5 b: "1.2500" is no DECIMAL(6,2)')
  })

  test('headers and trailers without a code are the first and the last record', async () => {
    const format: FixedWidthFormat = {
      type: 'fixed-width',
      layouts: {
        head: {
          role: 'header',
          fields: [{ name: 'count', start: 1, length: 3, type: 'int32' }],
          totals: [{ name: 'rows', of: 'count', field: 'count' }],
        },
        row: { fields: [{ name: 'a', start: 1, length: 3, type: 'int32' }] },
        tail: {
          role: 'trailer',
          fields: [{ name: 'sum', start: 1, length: 5, type: 'int32' }],
          totals: [{ name: 'sum', of: { sum: 'a' }, field: 'sum' }],
        },
      },
    }
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 999 }), { maxLength: 20, size: 'max' }),
        cuts,
        fc.constantFrom('', '\n', '\n\n', '\r\n\r\n'),
        async (values, cut, ending) => {
          const sum = values.reduce((total, value) => total + value, 0)
          const lines = [values.length, ...values, String(sum).padStart(5, '0')].map((value) => String(value).padStart(3, '0'))
          const file = `${ending}${lines.join('\n')}${ending}`
          const { rows, end, marks } = await readAll(format, file, cut)
          expect((rows[''] ?? []).map(([value]) => value)).toEqual(values)
          for (const mark of marks) expect((await readAll(format, file, { resume: mark })).end).toEqual(end)
          expect(end.controlTotals).toMatchObject([
            { name: 'rows', ok: true },
            { name: 'sum', ok: true, counted: String(sum) },
          ])
        },
      ),
    )
  })

  test('a trailer that a megabyte of blank lines follows is refused rather than waited for', async () => {
    const format: FixedWidthFormat = {
      type: 'fixed-width',
      recordBytesMax: 100,
      layouts: {
        row: { fields: [{ name: 'a', start: 1, length: 3, type: 'int32' }] },
        tail: { role: 'trailer', fields: [{ name: 'sum', start: 1, length: 5, type: 'int32' }] },
      },
    }
    expect(await codeOf(readAll(format, `1\n2\n${'\n'.repeat(5000)}3`, { partBytes: 100 }))).toBe('FILE_DAMAGED')
  })

  test('unknown records are parked, or passed over where that is said', async () => {
    const file = 'O00001Miller  0000125029022024\nX unknown\n\nI00001Pen'
    const parked = await readAll(ORDERS, file)
    expect(parked.bad).toMatchObject([{ index: 1, line: 2, reason: 'no layout has the code "X"', row: null }])
    expect(parked.rows['item']).toEqual([[1, 'Pen']])
    expect((await readAll({ ...ORDERS, unknownRecords: 'ignore' }, file)).end).toMatchObject({ records: 2, bad: 0 })
  })

  test('a layout that cannot be is refused', async () => {
    const field = { name: 'a', start: 1, length: 3, type: 'int32' } as const
    const one = (more: Partial<FixedWidthFormat> & Pick<FixedWidthFormat, 'layouts'>): Promise<string> =>
      codeOf(readAll({ type: 'fixed-width', ...more }, 'abc'))
    expect(await one({ layouts: { row: { fields: [{ ...field, storage: 'packed' }] } } })).toBe('FILE_FORMAT_INVALID')
    expect(await one({ layouts: { row: { fields: [{ ...field, start: 0 }] } } })).toBe('FILE_FORMAT_INVALID')
    expect(await one({ layouts: { row: { code: 'A', fields: [field] } } })).toBe('FILE_FORMAT_INVALID')
    expect(await one({ layouts: { row: { role: 'header', fields: [field] } } })).toBe('FILE_FORMAT_INVALID')
    expect(await one({ layouts: { row: { fields: [{ ...field, type: 'decimal(39,1)' }] } } })).toBe('FILE_FORMAT_INVALID')
    expect(await one({ encoding: 'no-such', layouts: { row: { fields: [field] } } })).toBe('FILE_FORMAT_INVALID')
    expect(await one({ records: { bytes: 3 }, layouts: { row: { fields: [{ ...field, type: 'uuid', storage: 'packed' }] } } })).toBe(
      'FILE_FORMAT_INVALID',
    )
  })

  test('any table reads back as it was written, in any encoding, cut anywhere', async () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'Z', 'é', '"', ' ', '1', '['), maxLength: 8 }).map((text) => text.trimEnd())
    const text = { name: 'text' as const, type: { kind: 'text' as const }, value: letters.filter((value) => value !== '') }
    const types = [text, ...TYPED_COLUMNS.filter(({ type }) => type.kind !== 'bytes')]
    const table = fc.array(fc.constantFrom(...types), { minLength: 1, maxLength: 5 }).chain((columns) =>
      fc.record({
        columns: fc.constant(columns),
        rows: fc.array(fc.tuple(...columns.map(({ value }) => fc.option<Value>(value))), { maxLength: 10, size: 'max' }),
      }),
    )
    await fc.assert(
      fc.asyncProperty(
        table,
        fc.constantFrom('latin1', 'utf-16le', 'cp037', 'cp500', 'cp1047'),
        fc.boolean(),
        cuts,
        async ({ columns, rows }, encoding, lines, cut) => {
          const width = 48
          const fields = columns.map(({ name }, at) => ({
            name: `c${at}`,
            start: at * width + 1,
            length: width,
            type: name,
            point: 'written' as const,
          }))
          const file = rows
            .map((row) =>
              row
                .map((value, at) => (value === null ? '' : valueToText((columns[at] as (typeof types)[number]).type, value)).padEnd(width))
                .join(''),
            )
            .join(lines || encoding === 'utf-16le' ? '\n' : '')
          const records = lines || encoding === 'utf-16le' ? ('lines' as const) : { bytes: width * columns.length }
          const positions = encoding === 'utf-16le' ? ('characters' as const) : ('bytes' as const)
          const format: FixedWidthFormat = {
            type: 'fixed-width',
            encoding,
            records,
            positions,
            layouts: { row: { fields } },
            recordBytesMax: 4096,
          }
          const read = await readAll(format, encode(file, encoding), cut)
          expect(read.bad).toEqual([])
          expect(read.rows[''] ?? []).toEqual(rows)
          for (const mark of read.marks.slice(0, 3)) {
            const rest = await readAll(format, encode(file, encoding), { resume: JSON.parse(JSON.stringify(mark)) as typeof mark })
            expect(rest.rows[''] ?? []).toEqual(rows.slice(mark.records))
            expect(rest.end).toEqual(read.end)
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})

function encode(text: string, name: string): Uint8Array {
  if (name === 'utf-16le') return Buffer.from(text, 'utf16le')
  const encoding = encodingOf(name, 'file')
  const latin1 = Buffer.from(text, 'latin1')
  return encoding.kind === 'ebcdic' ? latin1.map((byte) => encoding.table.indexOf(byte)) : latin1
}
