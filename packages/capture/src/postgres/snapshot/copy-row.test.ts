import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CopyRow } from './copy-row.ts'

/** As Postgres's COPY documentation defines its text format. */
function encode(cells: readonly (string | null)[]): string {
  const escape: Record<string, string> = { '\\': '\\\\', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\v': '\\v' }
  return `${cells.map((cell) => (cell === null ? '\\N' : cell.replaceAll(/[\\\b\f\n\r\t\v]/g, (special) => escape[special] ?? special))).join('\t')}\n`
}

function read(line: string, columns: number): (string | null)[] {
  const row = new CopyRow(columns)
  const buffer = Buffer.from(`##${line}`)
  row.read(buffer, 2, buffer.length)
  return Array.from(row.cells.starts, (start, column) => (start < 0 ? null : row.buffer.toString('utf8', start, row.cells.ends[column])))
}

test('a row of COPY yields the cells that were written, whatever they hold', () => {
  const cell = fc.option(
    fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('\\', '\t', '\n', '\r', '\b', '\f', '\v', 'N', 'a', 'é') })),
  )
  fc.assert(
    fc.property(fc.array(cell, { minLength: 1, maxLength: 8 }), (cells) => {
      expect(read(encode(cells), cells.length)).toEqual(cells)
    }),
  )
})

test('an empty text is not a null, and a backslash with an N is', () => {
  expect(read('\t\\N\t\\\\N\n', 3)).toEqual(['', null, '\\N'])
})

test('a row with another number of columns is a defect, never a shifted value', () => {
  expect(() => read('a\tb\n', 3)).toThrow('columns that were asked for')
  expect(() => read('a\\\\\tb\n', 3)).toThrow('columns that were asked for')
})
