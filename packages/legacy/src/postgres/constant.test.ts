import { expect, test } from 'vitest'
import { readConstant } from './constant.ts'
import { OID } from './type.ts'

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values.map((value) => value & 255))

test('exact numbers keep their digits, zeros at the end included', () => {
  expect(readConstant(OID.numeric, bytes(40, 0, 0, 0, -128, -128, 1, 0, -120, 19))).toEqual({ kind: 'numeric', text: '1.5', scale: 1 })
  expect(readConstant(OID.numeric, bytes(48, 0, 0, 0, -127, -127, 12, 0, -128, 13, -46, 30))).toEqual({
    kind: 'numeric',
    text: '123456.789',
    scale: 3,
  })
  expect(readConstant(OID.numeric, bytes(24, 0, 0, 0, 0, -127))).toEqual({ kind: 'numeric', text: '0.00', scale: 2 })
})

test('days and moments are counted from the year 2000', () => {
  expect(readConstant(OID.date, bytes(62, 34, 0, 0, 0, 0, 0, 0))).toEqual({ kind: 'date', text: '2024-01-01' })
  expect(readConstant(OID.timestamp, bytes(-1, -1, -1, -1, -1, -1, -1, -1))).toEqual({
    kind: 'timestamp',
    text: '1999-12-31 23:59:59.999999',
  })
})

test('an interval keeps months, days and microseconds apart', () => {
  expect(readConstant(OID.interval, bytes(0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0))).toEqual({
    kind: 'interval',
    months: 1,
    days: 2,
    micros: 0n,
  })
})

test('texts and arrays of texts are read; a type that is not known is not guessed', () => {
  expect(readConstant(OID.text, bytes(28, 0, 0, 0, 69, 85, 82))).toEqual({ kind: 'text', value: 'EUR' })
  const array = bytes(
    -96,
    0,
    0,
    0,
    1,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    25,
    0,
    0,
    0,
    2,
    0,
    0,
    0,
    1,
    0,
    0,
    0,
    20,
    0,
    0,
    0,
    97,
    0,
    0,
    0,
    20,
    0,
    0,
    0,
    98,
    0,
    0,
    0,
  )
  expect(readConstant(1009, array)).toEqual({
    kind: 'array',
    element: OID.text,
    values: ['a', 'b'].map((value) => ({ kind: 'text', value })),
  })
  expect(readConstant(600, bytes(0, 0, 0, 0))).toBeNull()
})
