import type { Type } from '@millrace/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cellTypeOf } from '../value/cell-type.ts'
import { Scanner } from './scanner.ts'

const scanner = new Scanner()

describe('the scanner', () => {
  test('finds every wanted byte of a stretch, wherever it lies, and nothing around it', () => {
    const wanted = fc.uniqueArray(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 5 })
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 400 }), fc.array(fc.constantFrom(10, 13, 34, 44), { maxLength: 400 }))
    fc.assert(
      fc.property(wanted, bytes, fc.nat(400), fc.nat(400), (bytesWanted, given, one, other) => {
        const [from, to] = [Math.min(one, other, given.length), Math.min(Math.max(one, other), given.length)]
        scanner.open({ bytes: Uint8Array.from(given), from, to, cells: 1 }, bytesWanted)
        const expected = [...given.keys()].filter((at) => at >= from && at < to && bytesWanted.includes(given[at] as number))
        expect([...scanner.places.subarray(0, expected.length + 1)]).toEqual([...expected, to])
      }),
      { numRuns: 500 },
    )
  })
})

const TYPES: readonly Type[] = [
  { kind: 'int8' },
  { kind: 'uint16' },
  { kind: 'int64' },
  { kind: 'uint64' },
  { kind: 'decimal', width: 5, scale: 2 },
  { kind: 'decimal', width: 38, scale: 10 },
  { kind: 'float64' },
  { kind: 'boolean' },
  { kind: 'date' },
  { kind: 'timestamp' },
]

const digits = (count: number): fc.Arbitrary<string> => fc.stringMatching(new RegExp(`^[0-9]{${count}}$`))
const near = (low: number, high: number): fc.Arbitrary<string> =>
  fc.oneof({ weight: 9, arbitrary: fc.integer({ min: low, max: high }) }, fc.nat(99)).map((value) => String(value).padStart(2, '0'))
const day = fc
  .tuple(
    fc.oneof(digits(4), fc.integer({ min: 1900, max: 2100 }).map(String), fc.constantFrom('0000', '0001', '1900', '2000', '2024', '2255')),
    near(1, 12),
    near(1, 31),
  )
  .map((parts) => parts.join('-'))
const fraction = fc.oneof(fc.constant(''), fc.stringMatching(/^\.\d{0,7}$/))
const clock = fc.tuple(near(0, 23), near(0, 59), near(0, 59)).map((parts) => parts.join(':'))
const stamp = fc.tuple(day, fc.constantFrom(' ', 'T', '_'), clock, fraction).map((parts) => parts.join(''))
const number = fc.stringMatching(/^[-+]?\d{0,20}[.,]?\d{0,12}$/)
const word = fc.constantFrom(
  'true',
  'TRUE',
  'fALSE',
  'truE',
  't',
  'F',
  '1',
  '0',
  'yes',
  'trub',
  'fals',
  'Dalse',
  '',
  '-',
  '.',
  '-0',
  '-0.0',
  '+1',
  ' 1',
  '1 ',
  'inf',
)
const text = fc
  .tuple(
    fc.oneof(day, stamp, number, word, fc.integer().map(String)),
    fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, fc.tuple(fc.nat(30), fc.constantFrom('0', ' ', ':', '-', '.', 'x', '/'))),
  )
  .map(([given, change]) => (change === null ? given : given.slice(0, change[0]) + change[1] + given.slice(change[0] + 1)))

describe('a cell that a kernel reads', () => {
  test.each(TYPES)('has the value that its text has, as $kind', (type) => {
    const { form, read } = cellTypeOf(type, { name: 'test' })
    if (form === null) throw new Error(`${type.kind} has a kernel`)
    let taken = 0
    const holds = (texts: readonly string[]): void => {
      const cells = texts.length * 2
      const bytes = Buffer.from(`__${texts.join('_')}`)
      scanner.open({ bytes, from: 1, to: bytes.length, cells }, [0])
      // Every other cell belongs to another column.
      for (let row = 0, at = 2; row < texts.length; row += 1) {
        scanner.starts[row * 2 + 1] = at
        at += (texts[row] as string).length
        scanner.ends[row * 2 + 1] = at
        at += 1
      }
      const odd = new Set<number>()
      const values = scanner.column(form, { first: 1, width: 2, rows: texts.length }, (row) => {
        odd.add(row)
        return 4711
      })
      for (const [row, given] of texts.entries()) {
        if (odd.has(row)) {
          expect(values?.[row]).toBe(4711)
          continue
        }
        taken += 1
        expect([given, values?.[row]]).toEqual([given, Number(read(given))])
      }
    }
    fc.assert(fc.property(fc.array(text, { minLength: 1, maxLength: 30 }), holds), { numRuns: 400 })
    expect(taken).toBeGreaterThan(20)
  })

  test('is not looked at behind the one at which its reader stopped', () => {
    const { form } = cellTypeOf({ kind: 'int64' }, { name: 'test' })
    if (form === null) throw new Error('int64 has a kernel')
    const bytes = Buffer.from('1,x,3')
    scanner.open({ bytes, from: 0, to: bytes.length, cells: 3 }, [0])
    for (let row = 0; row < 3; row += 1) {
      scanner.starts[row] = row * 2
      scanner.ends[row] = row * 2 + 1
    }
    expect(scanner.column(form, { first: 0, width: 1, rows: 3 }, () => null)).toBeNull()
  })
})
