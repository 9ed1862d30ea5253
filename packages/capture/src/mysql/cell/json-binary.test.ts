import fc from 'fast-check'
import { expect, test } from 'vitest'
import { int } from '../fixtures/binlog-events.ts'
import { doubleText, jsonText } from './json-binary.ts'

/** `json_binary.h`: a small object has its count, size, keys (offset, length) and values (type, offset or inline). */
test('a small object is printed with its keys in the stored order, as the server prints it', () => {
  const bytes = Buffer.concat([
    Buffer.from([0x00]),
    int(3, 2),
    int(42, 2),
    Buffer.concat([int(25, 2), int(1, 2), int(26, 2), int(1, 2), int(27, 2), int(2, 2)]),
    Buffer.concat([Buffer.from([0x05]), int(-7, 2), Buffer.from([0x04]), int(1, 2), Buffer.from([0x0c]), int(29, 2)]),
    Buffer.from('abcc'),
    Buffer.from([7]),
    Buffer.from('é"\\\n\u0001x'),
  ])
  expect(jsonText(bytes)).toBe('{"a": -7, "b": true, "cc": "é\\"\\\\\\n\\u0001x"}')
})

test('arrays, nested and empty containers, and numbers of every width', () => {
  const array = (values: readonly Buffer[]): Buffer => {
    // One value each, behind the entries.
    let offset = 4 + values.length * 3
    const entries = values.map((value) => {
      const entry = Buffer.concat([value.subarray(0, 1), int(offset, 2)])
      offset += value.length - 1
      return entry
    })
    return Buffer.concat([
      Buffer.from([0x02]),
      int(values.length, 2),
      int(offset, 2),
      ...entries,
      ...values.map((value) => value.subarray(1)),
    ])
  }
  const scalar = (type: number, bytes: Buffer): Buffer => Buffer.concat([Buffer.from([type]), bytes])
  const double = Buffer.alloc(8)
  double.writeDoubleLE(1.5)
  const value = array([
    scalar(0x07, int(-70_000, 4)),
    scalar(0x0a, int(2n ** 64n - 1n, 8)),
    scalar(0x0b, double),
    array([]),
    // A decimal(4,2) of 12.34, and the instant 2015-01-15 23:24:25.000012.
    scalar(0x0f, Buffer.from([0xf6, 4, 4, 2, 0x8c, 0x22])),
    scalar(
      0x0f,
      Buffer.concat([
        Buffer.from([12, 8]),
        int(((((2015n * 13n + 1n) << 5n) | 15n) << 41n) | (((23n << 12n) | (24n << 6n) | 25n) << 24n) | 12n, 8),
      ]),
    ),
    scalar(0x0f, Buffer.from([252, 2, 1, 2])),
  ])
  expect(jsonText(value)).toBe('[-70000, 18446744073709551615, 1.5, [], 12.34, "2015-01-15 23:24:25.000012", "base64:type252:AQI="]')
})

test.each([
  [0, '0.0'],
  [1, '1.0'],
  [-1.25, '-1.25'],
  [0.001, '0.001'],
  [1e14, '100000000000000.0'],
  [1e15, '1e15'],
  [1.5e300, '1.5e300'],
  [1e-20, '1e-20'],
])('the number %d is laid out as the server does', (value, text) => {
  expect(doubleText(value)).toBe(text)
})

test('every double prints so that it reads back as itself', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(Number(doubleText(value))).toBe(value)
    }),
  )
})
