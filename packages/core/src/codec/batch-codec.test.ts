import { describe, expect, test } from 'vitest'
import { BatchBuilder, changeAt } from '../batch.ts'
import type { Schema } from '../schema.ts'
import type { Type } from '../type.ts'
import { CELL, valueAt, type Vector, vectorOf } from '../vector.ts'
import { decodeBatch, decodeVectors, encodeBatch, encodeVectors } from './batch-codec.ts'

const schema: Schema = {
  columns: [
    { name: 'id', type: { kind: 'int64' }, nullable: false },
    { name: 'note', type: { kind: 'text' }, nullable: true },
  ],
  key: [0],
}

function roundTrip(vector: Vector): Vector {
  const { vectors } = decodeVectors(encodeVectors([vector], vector.values.length))
  return vectors[0] as Vector
}

function integers(...values: number[]): Vector {
  return { layout: 'integer', values: Float64Array.from(values), cells: null }
}

function bytesOf(vector: Vector): number {
  return encodeVectors([vector], vector.values.length).length
}

describe('a batch survives its encoding', () => {
  test('with its operations, identities, times, rows and rows before (law 5)', () => {
    const builder = new BatchBuilder(schema)
    builder.push('insert', { transaction: 812, index: 0, time: 1_700_000_000_000_000 }, [1, 'first'])
    builder.push('update', { transaction: 812, index: 1, time: 1_700_000_000_000_000 }, [1, undefined], [1, 'first'])
    builder.push('delete', { transaction: 2 ** 53 - 1, index: 0, time: 1_700_000_000_000_001 }, [1, null], [1, undefined])
    builder.push('truncate', { transaction: 2 ** 53 - 1, index: 1, time: 1_700_000_000_000_001 }, [undefined, undefined])
    const batch = builder.finish()
    const read = decodeBatch(schema, encodeBatch(batch))
    for (let row = 0; row < 4; row += 1) expect(changeAt(read, row)).toEqual(changeAt(batch, row))
  })

  test('without rows', () => {
    const read = decodeBatch(schema, encodeBatch(new BatchBuilder(schema).finish()))
    expect(read.count).toBe(0)
    expect(read.before).toBeNull()
    expect(read.after.map((vector) => vector.values.length)).toEqual([0, 0])
  })

  test('when the bytes do not start at an aligned address', () => {
    const bytes = encodeVectors([integers(1.5, 2 ** 52, -3)], 3)
    const shifted = new Uint8Array(bytes.length + 1)
    shifted.set(bytes, 1)
    expect(decodeVectors(shifted.subarray(1)).vectors[0]?.values).toEqual(Float64Array.of(1.5, 2 ** 52, -3))
  })

  test('when its vectors have room for more rows than it counts', () => {
    const { count, vectors } = decodeVectors(encodeVectors([integers(1, 2, 3, 99), vectorOf('text', ['a', 'b', 'c', 'z'])], 3))
    expect(count).toBe(3)
    expect(vectors[0]?.values).toEqual(Float64Array.of(1, 2, 3))
    expect(vectors[1]?.values).toEqual(['a', 'b', 'c'])
  })
})

describe('every value survives its encoding', () => {
  test.each([
    ['none', []],
    ['one', [7]],
    ['equal', [7, 7, 7]],
    ['counting', [5, 6, 7, 8]],
    ['near each other', [1_000_000_001, 1_000_000_255, 1_000_000_000]],
    ['far from each other', [0, 2 ** 32, -5]],
    ['extremes', [-(2 ** 53 - 1), 2 ** 53 - 1, 0, -(2 ** 53 - 1)]],
    ['a step beyond a double', [-(2 ** 53 - 1), 2 ** 53 - 2]],
    ['with fractions (a clock finer than a microsecond)', [0.5, 1.25, 3]],
  ])('whole numbers: %s', (_, values) => {
    expect(roundTrip(integers(...values)).values).toEqual(Float64Array.from(values))
  })

  test('floats, with both zeros, NaN and the infinities', () => {
    const values = [0, -0, Number.NaN, Infinity, -Infinity, 5e-324, Number.MAX_VALUE, 0.1]
    const read = roundTrip({ layout: 'float', values: Float64Array.from(values), cells: null })
    expect([...(read.values as Float64Array)].every((value, row) => Object.is(value, values[row]))).toBe(true)
    expect(Object.is(roundTrip({ layout: 'float', values: Float64Array.of(-0, -0), cells: null }).values[0], -0)).toBe(true)
  })

  test('wide numbers to the ends of HUGEINT and of DECIMAL(38)', () => {
    const values = [2n ** 127n - 1n, -(2n ** 127n), 10n ** 38n - 1n, -(10n ** 38n) + 1n, 2n ** 64n, -(2n ** 64n), -1n, 0n, 1n, 2n ** 53n]
    expect(roundTrip({ layout: 'wide', values, cells: null }).values).toEqual(values)
    const narrow = [9_223_372_036_854_775_807n, -9_223_372_036_854_775_808n, 3n]
    expect(roundTrip({ layout: 'wide', values: narrow, cells: null }).values).toEqual(narrow)
  })

  test('a number beyond 128 bits is refused rather than cut', () => {
    expect(() => encodeVectors([{ layout: 'wide', values: [2n ** 127n], cells: null }], 1)).toThrow('128 bits')
  })

  test('text of any script and length, with empty and unpaired', () => {
    const values = ['', 'plain', 'Grüße', '注文', '🦊', 'a\u0000b', '\ud800', 'x'.repeat(100_000), 'ÿ', 'Ā']
    expect(roundTrip({ layout: 'text', values, cells: null }).values).toEqual(values)
    for (const value of values) expect(roundTrip({ layout: 'text', values: [value], cells: null }).values).toEqual([value])
  })

  test('text with few distinct values is kept once and shared', () => {
    const values = Array.from({ length: 1000 }, (_, row) => `state-${row % 3}`)
    const vector: Vector = { layout: 'text', values, cells: null }
    expect(roundTrip(vector).values).toEqual(values)
    expect(bytesOf(vector)).toBeLessThan(1100)
  })

  test('a column of bytes comes back as it was', () => {
    const values = [new Uint8Array(0), Uint8Array.of(0, 255), new Uint8Array(70_000).fill(3)]
    expect(roundTrip({ layout: 'bytes', values, cells: null }).values).toEqual(values)
  })

  test('every state of a cell, alone and mixed', () => {
    for (const states of [
      [CELL.NULL],
      [CELL.VALUE, CELL.NULL],
      [CELL.VALUE, CELL.NULL, CELL.UNCHANGED, CELL.ABSENT],
      [CELL.ABSENT, CELL.NULL],
    ]) {
      const cells = Uint8Array.from({ length: 20 }, (_, row) => states[row % states.length] as number)
      for (const vector of everyLayout(cells)) {
        const read = roundTrip(vector)
        expect(read.cells).toEqual(cells)
        for (let row = 0; row < 20; row += 1) expect(valueAt(read, row)).toEqual(valueAt(vector, row))
      }
    }
  })
})

function everyLayout(cells: Uint8Array): Vector[] {
  const rows = Array.from(cells, (_, row) => row)
  return [
    { layout: 'integer', values: Float64Array.from(rows), cells },
    { layout: 'wide', values: rows.map((row) => 2n ** 70n + BigInt(row)), cells },
    { layout: 'float', values: Float64Array.from(rows, (row) => row / 3), cells },
    { layout: 'boolean', values: Uint8Array.from(rows, (row) => row & 1), cells },
    { layout: 'text', values: rows.map((row) => `row ${row}`), cells },
    { layout: 'bytes', values: rows.map((row) => Uint8Array.of(row)), cells },
  ]
}

describe('an encoding is no larger than its values need', () => {
  test.each([
    ['equal values take no bytes each', integers(...Array.from({ length: 1000 }, () => 1e15)), 40],
    ['a counting column takes no bytes each', integers(...Array.from({ length: 1000 }, (_, row) => 1e15 + row)), 40],
    ['a growing column takes its steps', integers(...Array.from({ length: 1000 }, (_, row) => 1.7e15 + row * 1e6 + (row % 200))), 2100],
    [
      'cells without a value take no bytes of their own',
      vectorOf(
        'integer',
        Array.from({ length: 1000 }, () => null),
      ),
      40,
    ],
    [
      'booleans take a bit',
      vectorOf(
        'boolean',
        Array.from({ length: 1000 }, (_, row) => row % 3 === 0),
      ),
      160,
    ],
  ])('%s', (_, vector, bytesLimit) => {
    expect(bytesOf(vector)).toBeLessThan(bytesLimit)
  })
})

describe('bytes that are not an encoding are refused', () => {
  const damaged = 'AssertionError'
  const good = encodeBatch(twoRows())

  test('cut short anywhere', () => {
    for (let length = 0; length < good.length; length += 1) {
      expect(nameOfError(() => decodeBatch(schema, good.subarray(0, length)))).toBe(damaged)
    }
  })

  test('with bytes left over', () => {
    expect(nameOfError(() => decodeBatch(schema, Uint8Array.from([...good, 0])))).toBe(damaged)
  })

  test('of another schema', () => {
    const text: Type = { kind: 'text' }
    expect(nameOfError(() => decodeBatch({ ...schema, columns: schema.columns.map((column) => ({ ...column, type: text })) }, good))).toBe(
      damaged,
    )
    expect(nameOfError(() => decodeBatch({ ...schema, columns: schema.columns.slice(1) }, good))).toBe(damaged)
  })
})

function twoRows() {
  const builder = new BatchBuilder(schema)
  builder.push('insert', { transaction: 1, index: 0, time: 5 }, [1, 'one'])
  builder.push('insert', { transaction: 1, index: 1, time: 5 }, [2, null])
  return builder.finish()
}

function nameOfError(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    return (error as Error).name
  }
  return 'none'
}
