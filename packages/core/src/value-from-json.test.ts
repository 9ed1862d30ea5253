import { MillraceError } from '@millrace/base'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { intervalToText } from './interval.ts'
import { innerText, listText, structText } from './nested-value.ts'
import type { Type } from './type.ts'
import { DATE_INFINITY, TIMESTAMP_INFINITY, type Value, valueToJson, wholeNumber } from './value.ts'
import { valueFromJson } from './value-from-json.ts'

const whole = (least: bigint, most: bigint): fc.Arbitrary<Value> => fc.bigInt(least, most).map(wholeNumber)

/** Names that a plain object of JavaScript has trouble with. */
const STRUCT: Type = {
  kind: 'struct',
  fields: [
    { name: '__proto__', type: { kind: 'text' } },
    { name: '1', type: { kind: 'list', element: { kind: 'json' } } },
  ],
}

const CASES: readonly (readonly [Type, fc.Arbitrary<Value>])[] = [
  [{ kind: 'boolean' }, fc.boolean()],
  [{ kind: 'int64' }, whole(-(2n ** 63n), 2n ** 63n - 1n)],
  [{ kind: 'hugeint' }, whole(-(2n ** 127n), 2n ** 127n - 1n)],
  [{ kind: 'uint64' }, whole(0n, 2n ** 64n - 1n)],
  [{ kind: 'decimal', width: 38, scale: 9 }, whole(-(10n ** 38n) + 1n, 10n ** 38n - 1n)],
  [{ kind: 'float64' }, fc.double()],
  [{ kind: 'text' }, fc.string()],
  [{ kind: 'json' }, fc.json()],
  [{ kind: 'uuid' }, fc.uuid()],
  [{ kind: 'bytes' }, fc.uint8Array().map((bytes) => new Uint8Array(bytes))],
  [{ kind: 'date' }, fc.oneof(fc.integer({ min: -1_500_000, max: 2_900_000 }), fc.constantFrom(DATE_INFINITY, -DATE_INFINITY))],
  [{ kind: 'time' }, fc.integer({ min: 0, max: 86_400_000_000 })],
  [{ kind: 'timestamp' }, fc.oneof(whole(-(2n ** 57n), 2n ** 62n), fc.constantFrom(TIMESTAMP_INFINITY, -TIMESTAMP_INFINITY))],
  [{ kind: 'timestamptz' }, whole(-(2n ** 57n), 2n ** 62n)],
  [{ kind: 'interval' }, interval()],
  [{ kind: 'enum', members: ['new', "o'k", ''] }, fc.constantFrom('new', "o'k", '')],
  [{ kind: 'list', element: { kind: 'int64' } }, list({ kind: 'int64' }, fc.option(whole(-(2n ** 63n), 2n ** 63n - 1n)))],
  [{ kind: 'list', element: { kind: 'float64' } }, list({ kind: 'float64' }, fc.double())],
  [
    { kind: 'map', key: { kind: 'int64' }, value: { kind: 'float64' } },
    fc
      .uniqueArray(fc.tuple(whole(-(2n ** 63n), 2n ** 63n - 1n), fc.option(fc.double())), { selector: ([key]) => String(key) })
      .map((entries) =>
        listText(
          entries.map(([key, value]) =>
            structText(['key', 'value'], [innerText({ kind: 'int64' }, key), innerText({ kind: 'float64' }, value)]),
          ),
        ),
      ),
  ],
  [
    STRUCT,
    fc
      .tuple(fc.option(fc.string()), list({ kind: 'json' }, fc.option(fc.json())))
      .map(([text, items]) => structText(['__proto__', '1'], [innerText({ kind: 'text' }, text), items])),
  ],
]

function interval(): fc.Arbitrary<Value> {
  const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
  return fc.record({ months: int32, days: int32, micros: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n) }).map(intervalToText)
}

function list(element: Type, items: fc.Arbitrary<Value>): fc.Arbitrary<string> {
  return fc.array(items).map((values) => listText(values.map((value) => innerText(element, value))))
}

describe('what is written as JSON is read back as it was', () => {
  test.each(CASES)('%j', (type, values) => {
    fc.assert(
      fc.property(values, (value) => {
        expect(valueFromJson(type, valueToJson(type, value))).toEqual(value)
      }),
    )
  })
})

test('what people write is read: ISO instants with their zone, short times, numbers for decimals', () => {
  expect(valueFromJson({ kind: 'timestamptz' }, '2026-11-21T09:00:00.5+01:30')).toBe(Date.UTC(2026, 10, 21, 7, 30, 0, 500) * 1000)
  expect(valueFromJson({ kind: 'timestamp' }, '2026-11-21 09:00')).toBe(Date.UTC(2026, 10, 21, 9) * 1000)
  expect(valueFromJson({ kind: 'decimal', width: 9, scale: 2 }, 1.5)).toBe(150)
  expect(valueFromJson({ kind: 'decimal', width: 9, scale: 2 }, '.500')).toBe(50)
  expect(valueFromJson({ kind: 'int32' }, '17')).toBe(17)
  expect(valueFromJson({ kind: 'text' }, null)).toBe(null)
  const map: Type = { kind: 'map', key: { kind: 'text' }, value: { kind: 'int32' } }
  expect(valueFromJson(map, { b: 2, a: null })).toBe('[{"key":"b","value":2},{"key":"a","value":null}]')
})

test.each<[Type, string | number | boolean]>([
  [{ kind: 'int32' }, 2 ** 31],
  [{ kind: 'int64' }, 2 ** 53],
  [{ kind: 'int64' }, 1.5],
  [{ kind: 'uint8' }, -1],
  [{ kind: 'int8' }, ''],
  [{ kind: 'boolean' }, 'true'],
  [{ kind: 'decimal', width: 4, scale: 2 }, '1.234'],
  [{ kind: 'decimal', width: 4, scale: 2 }, '123.4'],
  [{ kind: 'decimal', width: 4, scale: 2 }, 'NaN'],
  [{ kind: 'float64' }, 'one'],
  [{ kind: 'date' }, '2025-02-29'],
  [{ kind: 'date' }, '2025-13-01'],
  [{ kind: 'time' }, '24:00:01'],
  [{ kind: 'time' }, '09:00:00.1234567'],
  [{ kind: 'timestamptz' }, '2026-11-21T09:00:00'],
  [{ kind: 'timestamp' }, '2026-11-21T09:00:00Z'],
  [{ kind: 'uuid' }, 'not-one'],
  [{ kind: 'bytes' }, '\\x0'],
  [{ kind: 'json' }, '{'],
  [{ kind: 'text' }, 7],
])('%j does not take %j, and says why without telling the value', (type, json) => {
  let raised: unknown
  try {
    valueFromJson(type, json)
  } catch (error) {
    raised = error
  }
  expect(raised).toBeInstanceOf(MillraceError)
  expect(raised).toMatchObject({ code: 'VALUE_UNREADABLE', details: { what: expect.any(String) } })
})
