import { type Type, valueAt, valueToText, VectorBuilder, layoutOf, type Value } from '@millrace/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parserOf } from './parser-of.ts'

const place = { source: 'shop', slot: 'millrace_shop', table: 'orders', column: 'amount' }

function parse(type: Type, text: string): Value | undefined {
  const builder = new VectorBuilder(layoutOf(type))
  const buffer = Buffer.from(`>>${text}<<`)
  parserOf(type, place)(buffer, 2, buffer.length - 2, builder)
  return valueAt(builder.finish(), 0)
}

const decimal = (width: number, scale: number): Type => ({ kind: 'decimal', width, scale })

test.each<[Type, string, Value]>([
  [{ kind: 'int16' }, '-32768', -32_768],
  [{ kind: 'int32' }, '2147483647', 2_147_483_647],
  [{ kind: 'int64' }, '0', 0],
  [{ kind: 'int64' }, '9007199254740991', 9_007_199_254_740_991],
  [{ kind: 'int64' }, '9007199254740993', 9_007_199_254_740_993n],
  [{ kind: 'int64' }, '-9223372036854775808', -9_223_372_036_854_775_808n],
  [decimal(12, 2), '0.00', 0],
  [decimal(12, 2), '-0.07', -7],
  [decimal(12, 2), '1234567890.12', 123_456_789_012],
  [decimal(5, 0), '-99999', -99_999],
  [decimal(38, 10), '9999999999999999999999999999.9999999999', 99_999_999_999_999_999_999_999_999_999_999_999_999n],
  [decimal(12, 2), '7', 700],
  [decimal(12, 2), '7.5', 750],
  [decimal(12, 2), '7.5000', 750],
  [{ kind: 'float64' }, '0.1', 0.1],
  [{ kind: 'float64' }, '-0', -0],
  [{ kind: 'float64' }, 'NaN', Number.NaN],
  [{ kind: 'float64' }, '-Infinity', -Infinity],
  [{ kind: 'float64' }, '1.7976931348623157e+308', Number.MAX_VALUE],
  [{ kind: 'float32' }, '1.1', Math.fround(1.1)],
  [{ kind: 'boolean' }, 't', true],
  [{ kind: 'boolean' }, 'f', false],
  [{ kind: 'text' }, '', ''],
  [{ kind: 'text' }, 'naïve 🦆', 'naïve 🦆'],
  [{ kind: 'bytes' }, String.raw`\x00ff7f`, new Uint8Array([0, 255, 127])],
  [{ kind: 'bytes' }, String.raw`\x`, new Uint8Array()],
  [{ kind: 'date' }, '1970-01-01', 0],
  [{ kind: 'date' }, '1969-12-31', -1],
  [{ kind: 'date' }, 'infinity', 2_147_483_647],
  [{ kind: 'date' }, '-infinity', -2_147_483_647],
  [{ kind: 'time' }, '24:00:00', 86_400_000_000],
  [{ kind: 'time' }, '00:00:00.000001', 1],
  [{ kind: 'time' }, '00:00:01.5', 1_500_000],
  [{ kind: 'timestamp' }, '1970-01-01 00:00:00', 0],
  [{ kind: 'timestamp' }, '1969-12-31 23:59:59.999999', -1],
  [{ kind: 'timestamp' }, 'infinity', 9_223_372_036_854_775_807n],
  [{ kind: 'timestamptz' }, '-infinity', -9_223_372_036_854_775_807n],
  [{ kind: 'timestamptz' }, '2026-02-28 12:00:00.123456+00', 1_772_280_000_123_456],
  [{ kind: 'timestamp' }, '294246-12-31 23:59:59', 9_223_371_244_799_000_000n],
])('%j reads %s exactly', (type, text, value) => {
  expect(parse(type, text)).toEqual(value)
})

test.each<[Type, string]>([
  [{ kind: 'date' }, '0001-01-01'],
  [{ kind: 'date' }, '0001-12-31 (BC)'],
  [{ kind: 'date' }, '4713-01-01 (BC)'],
  [{ kind: 'date' }, '5874897-12-31'],
  [{ kind: 'timestamp' }, '4713-01-01 00:00:00 (BC)'],
  [{ kind: 'timestamptz' }, '0044-03-15 10:30:00.5+00 (BC)'],
  [{ kind: 'timestamptz' }, '12026-07-04 00:00:00.000001+00'],
  [{ kind: 'time' }, '23:59:59.999999'],
])('%j of %s prints as it was read', (type, text) => {
  // Postgres itself writes ` BC` without brackets.
  const value = parse(type, text.replace(/ \(BC\)$/, ' BC'))
  expect(valueToText(type, value as Exclude<Value, null>)).toBe(text)
})

test.each([
  [decimal(12, 2), 'NaN', 'NaN'],
  [decimal(12, 2), '1.234', 'more digits'],
  [{ kind: 'timestamp' } as const, '294276-12-31 23:59:59', '294246'],
])('%j refuses %s and names the column and the way out', (type, text, what) => {
  expect(() => parse(type, text)).toThrow(
    expect.objectContaining({
      code: 'CAPTURE_VALUE_UNREPRESENTABLE',
      message: expect.stringMatching(new RegExp(`column amount of orders .*${what}`)),
      hint: expect.stringContaining('ALTER TABLE orders ALTER COLUMN amount TYPE'),
    }),
  )
})

test('every instant of a calendar day reads as that day and that microsecond', () => {
  const instant = fc.record({ days: fc.integer({ min: -1_000_000, max: 20_000_000 }), micros: fc.nat(86_399_999) })
  fc.assert(
    fc.property(instant, ({ days, micros }) => {
      const value = BigInt(days) * 86_400_000_000n + BigInt(micros) * 1000n + 1n
      const whole = value <= 2n ** 53n - 1n && value >= -(2n ** 53n) + 1n ? Number(value) : value
      const text = valueToText({ kind: 'timestamptz' }, whole).replace(' (BC)', ' BC')
      expect(parse({ kind: 'timestamptz' }, text)).toEqual(whole)
    }),
  )
})

test('a float reads as the number that its text is, however it is printed', () => {
  const short = fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 17n }), fc.nat(16), fc.boolean()).map(([digits, places, negative]) => {
    const text = String(digits).padStart(places + 1, '0')
    const whole = text.slice(0, text.length - places)
    return `${negative ? '-' : ''}${whole}${places === 0 ? '' : `.${text.slice(-places)}`}`
  })
  const any = fc.double({ noNaN: true }).map(String)
  fc.assert(
    fc.property(fc.oneof(short, any), (text) => {
      expect(parse({ kind: 'float64' }, text)).toBe(Number(text))
      expect(parse({ kind: 'float32' }, text)).toBe(Math.fround(Number(text)))
    }),
    { numRuns: 2000 },
  )
})
