import { AssertionError } from '@millrace/base'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CELL, valueAt, type Vector } from '../vector.ts'
import { decodeVectors, encodeVectors } from './batch-codec.ts'

const cellStates = fc.constantFrom<readonly number[]>(
  [CELL.VALUE],
  [CELL.NULL],
  [CELL.VALUE, CELL.VALUE, CELL.NULL],
  [CELL.VALUE, CELL.NULL, CELL.UNCHANGED, CELL.ABSENT],
)
const wholeNumbers = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.constantFrom(0, 1, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, -(2 ** 53 - 1)),
)
const texts = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('', 'paid', 'shipped'), fc.string({ minLength: 40 }))

/** A vector of `count` rows in any layout, with any mixture of cells. */
function vectorOfCount(count: number): fc.Arbitrary<Vector> {
  const list = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(item, { minLength: count, maxLength: count })
  const layouts: fc.Arbitrary<Vector>[] = [
    list(wholeNumbers).map((values) => ({ layout: 'integer', values: Float64Array.from(values), cells: null })),
    list(fc.nat(1000)).map((steps) => ({
      layout: 'integer',
      values: Float64Array.from(steps, (_, row) => 1.7e15 + row * 999_983),
      cells: null,
    })),
    list(fc.bigInt(-(2n ** 127n), 2n ** 127n - 1n)).map((values) => ({ layout: 'wide', values, cells: null })),
    list(fc.double()).map((values) => ({ layout: 'float', values: Float64Array.from(values), cells: null })),
    list(fc.boolean()).map((values) => ({ layout: 'boolean', values: Uint8Array.from(values, Number), cells: null })),
    list(texts).map((values) => ({ layout: 'text', values, cells: null })),
    list(fc.uint8Array({ maxLength: 40 })).map((values) => ({ layout: 'bytes', values, cells: null })),
  ]
  const cells = cellStates.chain((states) => list(fc.constantFrom(...states))).map((states) => Uint8Array.from(states))
  return fc.tuple(fc.oneof(...layouts), cells).map(([vector, own]) => ({ ...vector, cells: own }))
}

const columns = fc.nat(60).chain((count) => fc.tuple(fc.constant(count), fc.array(vectorOfCount(count), { maxLength: 5 })))

test('any vectors survive their encoding', () => {
  fc.assert(
    fc.property(columns, ([count, vectors]) => {
      const read = decodeVectors(encodeVectors(vectors, count))
      expect(read.count).toBe(count)
      for (const [at, vector] of vectors.entries()) {
        const other = read.vectors[at] as Vector
        expect(other.layout).toBe(vector.layout)
        for (let row = 0; row < count; row += 1) {
          const [left, right] = [valueAt(other, row), valueAt(vector, row)]
          if (!(vector.layout === 'integer' && left === 0 && right === 0)) expect(left).toStrictEqual(right)
          expect(other.cells?.[row] ?? CELL.VALUE).toBe(vector.cells?.[row])
        }
      }
    }),
    { numRuns: 400 },
  )
})

test('equal vectors have equal encodings, whatever was encoded before them', () => {
  fc.assert(
    fc.property(columns, columns, ([count, vectors], [otherCount, others]) => {
      const bytes = encodeVectors(vectors, count)
      encodeVectors(others, otherCount)
      expect(encodeVectors(vectors, count)).toEqual(bytes)
    }),
    { numRuns: 100 },
  )
})

test('damaged bytes are read as some vectors or refused by an assertion, never anything else', () => {
  fc.assert(
    fc.property(columns, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }), ([count, vectors], flips) => {
      const bytes = encodeVectors(vectors, count)
      // The count is spared: any count up to the limit is honest where no column has bytes of its own.
      for (const [at, value] of flips) if (bytes.length > 5) bytes[5 + (at % (bytes.length - 5))] = value
      try {
        decodeVectors(bytes)
      } catch (error) {
        expect(error).toBeInstanceOf(AssertionError)
      }
    }),
    { numRuns: 1000 },
  )
})
