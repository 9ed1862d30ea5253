import { type CsvFormat, type Value, valueToText } from '@millrace/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readAll } from '../fixtures/read-all.ts'
import { tables, textColumn, TYPED_COLUMNS, type TypedColumn } from '../fixtures/typed-values.ts'

interface Written {
  readonly delimiter: string
  readonly quote: string
  readonly escape: string
  readonly lineEnd: string
  readonly lastLineEnd: boolean
  readonly header: boolean
  readonly quoteAll: boolean
  readonly encoding: 'utf-8' | 'utf-8-bom' | 'utf-16le' | 'utf-16be' | 'latin1' | 'windows-1252'
}

const dialects = fc
  .record({
    delimiter: fc.constantFrom(',', ';', '\t', '|', ':'),
    quote: fc.constantFrom('"', "'"),
    escape: fc.constantFrom('quote', '\\'),
    lineEnd: fc.constantFrom('\n', '\r\n', '\r'),
    lastLineEnd: fc.boolean(),
    header: fc.boolean(),
    quoteAll: fc.boolean(),
    encoding: fc.constantFrom<Written['encoding']>('utf-8', 'utf-8-bom', 'utf-16le', 'utf-16be', 'latin1', 'windows-1252'),
  })
  .map((dialect): Written => ({ ...dialect, escape: dialect.escape === 'quote' ? dialect.quote : dialect.escape }))

const cuts = fc.record({
  chunks: fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 5 }),
  partBytes: fc.integer({ min: 1, max: 90 }),
})

const NASTY = textColumn(fc.constantFrom('a', 'ß', '7', ' ', ',', ';', '|', '\t', '"', "'", '\\', '\n', '\r', '.', ':', '#', 'é'))
const WIDE = textColumn(fc.constantFrom('a', '日', '😀', '"', '\n', ',', '\u0000', '\u00a0'))

function write(columns: readonly TypedColumn[], rows: readonly (readonly Value[])[], dialect: Written): Uint8Array {
  const { delimiter, quote, escape, lineEnd } = dialect
  const quoted = (text: string): string =>
    quote + text.replaceAll(escape, escape + escape).replaceAll(escape === quote ? '\u0001' : quote, escape + quote) + quote
  const cell = (value: Value, column: TypedColumn): string => {
    if (value === null) return ''
    const text = valueToText(column.type, value)
    const must = text === '' || [delimiter, quote, escape, '\n', '\r'].some((special) => text.includes(special))
    return must || dialect.quoteAll ? quoted(text) : text
  }
  const lines = rows.map((row) => row.map((value, at) => cell(value, columns[at] as TypedColumn)).join(delimiter))
  if (dialect.header) lines.unshift(columns.map((_, at) => quoted(`c${at}`)).join(delimiter))
  return encode(lines.join(lineEnd) + (dialect.lastLineEnd && lines.length > 0 ? lineEnd : ''), dialect.encoding)
}

function encode(text: string, encoding: Written['encoding']): Uint8Array {
  if (encoding === 'utf-8') return Buffer.from(text)
  if (encoding === 'utf-8-bom') return Buffer.from(`\uFEFF${text}`)
  if (encoding === 'utf-16le') return Buffer.from(text, 'utf16le')
  if (encoding === 'utf-16be') return Buffer.from(text, 'utf16le').swap16()
  // The characters of these tests are the same in both.
  return Buffer.from(text, 'latin1')
}

function formatOf(columns: readonly TypedColumn[], dialect: Written): CsvFormat {
  const { delimiter, quote, escape, header, encoding } = dialect
  return {
    type: 'csv',
    delimiter,
    quote,
    escape,
    header,
    encoding: encoding === 'utf-8-bom' ? 'utf-8' : encoding,
    columns: Object.fromEntries(columns.map(({ name }, at) => [`c${at}`, name])),
    recordBytesMax: 4096,
  }
}

describe('CSV', () => {
  test('any table reads back as it was written, in any dialect and cut anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(tables([...TYPED_COLUMNS, NASTY, NASTY, NASTY]), dialects, cuts, async ({ columns, rows }, dialect, cut) => {
        const read = await readAll(formatOf(columns, dialect), write(columns, rows, dialect), cut)
        expect(read.bad).toEqual([])
        expect(read.rows[''] ?? []).toEqual(rows)
        expect(read.indexes).toEqual(rows.map((_, index) => index))
        expect(read.end.records).toBe(rows.length)
      }),
      { numRuns: 400 },
    )
  })

  test('any characters of Unicode read back', async () => {
    const unicode = dialects.filter(({ encoding }) => encoding.startsWith('utf'))
    await fc.assert(
      fc.asyncProperty(tables([WIDE, NASTY]), unicode, cuts, async ({ columns, rows }, dialect, cut) => {
        const read = await readAll(formatOf(columns, dialect), write(columns, rows, dialect), cut)
        expect(read.rows[''] ?? []).toEqual(rows)
      }),
      { numRuns: 200 },
    )
  })

  test('whatever the bytes are, how they are cut changes nothing, and each record is either good or bad', async () => {
    const bytes = fc.array(fc.constantFrom('a', '1', ',', ',', '"', '"', '\n', '\n', '\r', '\\', ' ', '#', 'é', 'T'), {
      maxLength: 120,
      size: 'max',
    })
    const settings = fc.record({
      escape: fc.constantFrom('"', '\\'),
      trim: fc.boolean(),
      ragged: fc.constantFrom('park' as const, 'fill' as const),
      recordBytesMax: fc.integer({ min: 3, max: 60 }),
      comment: fc.constantFrom('#', '##a'),
      header: fc.constant(false),
    })
    await fc.assert(
      fc.asyncProperty(bytes, settings, cuts, async (characters, setting, cut) => {
        const format: CsvFormat = {
          type: 'csv',
          columns: { a: 'text', b: 'int32' },
          trailer: { code: 'T', totals: [{ name: 'rows', of: 'count', field: 2 }] },
          ...setting,
        }
        const file = characters.join('')
        const whole = await readAll(format, file, { partBytes: 4096 })
        const parts = await readAll(format, file, cut)
        expect({ rows: parts.rows[''] ?? [], bad: parts.bad, end: parts.end }).toEqual({
          rows: whole.rows[''] ?? [],
          bad: whole.bad,
          end: whole.end,
        })
        const all = [...whole.indexes, ...whole.bad.map(({ index }) => index)].sort((left, right) => left - right)
        expect(all).toEqual(Array.from({ length: whole.end.records }, (_, index) => index))
      }),
      { numRuns: 300 },
    )
  })

  test('reading that goes on at any mark gives what was left', async () => {
    await fc.assert(
      fc.asyncProperty(tables([...TYPED_COLUMNS.slice(0, 4), NASTY]), dialects, cuts, async ({ columns, rows }, dialect, cut) => {
        const file = write(columns, rows, dialect)
        const format = formatOf(columns, dialect)
        const whole = await readAll(format, file, cut)
        for (const [at, mark] of whole.marks.entries()) {
          const rest = await readAll(format, file, { partBytes: 4096, resume: JSON.parse(JSON.stringify(mark)) as typeof mark })
          const before = whole.parts.slice(0, at + 1).reduce((sum, part) => sum + part.batch.count, 0)
          expect(rest.rows[''] ?? []).toEqual(rows.slice(before))
          expect(rest.indexes).toEqual(whole.indexes.slice(before))
          expect(rest.end).toEqual(whole.end)
        }
      }),
      { numRuns: 100 },
    )
  })

  test('good rows survive whichever bad ones stand between them', async () => {
    const good = fc.tuple(fc.integer(), fc.constantFrom(null, 'plain', 'two\nlines', 'ünïcode', 'a "quoted" word', ''))
    // A lost quote that the next line happens to close makes one record of both: nobody could tell.
    const bad = fc.constantFrom(
      'x,one',
      '1',
      '1,2,3',
      '"1,lost',
      '1,"lost',
      '1,"closed" too soon',
      `1,${'long'.repeat(60)}`,
      'x'.repeat(300),
      '99999999999,big',
    )
    const lines = fc.array(fc.oneof(fc.record({ good }), fc.record({ bad })), { maxLength: 25, size: 'max' })
    await fc.assert(
      fc.asyncProperty(lines, cuts, async (given, cut) => {
        const file = given
          .map((line) =>
            'good' in line ? `${line.good[0]},${line.good[1] === null ? '' : `"${line.good[1].replaceAll('"', '""')}"`}` : line.bad,
          )
          .join('\n')
        const read = await readAll({ type: 'csv', header: false, columns: { a: 'int32', b: 'text' }, recordBytesMax: 200 }, file, cut)
        expect(read.rows[''] ?? []).toEqual(given.flatMap((line) => ('good' in line ? [line.good] : [])))
        expect(read.bad.map(({ raw }) => Buffer.from(raw).toString().slice(0, 150))).toEqual(
          given.flatMap((line) => ('bad' in line ? [line.bad.slice(0, 150)] : [])),
        )
      }),
      { numRuns: 400 },
    )
  })
})
