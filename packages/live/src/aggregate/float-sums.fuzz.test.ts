import { type Random, seededRandom } from '@millrace/base'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fixedOf, nearestDouble } from './fixed-point.ts'
import { FloatSums } from './float-sums.ts'

const bits = new DataView(new ArrayBuffer(8))

/** A finite double: any, or one of a few magnitudes that cancel and carry. */
function anyDouble(random: Random): number {
  switch (random.below(4)) {
    case 0:
      bits.setUint32(0, random.below(2 ** 32))
      bits.setUint32(4, random.below(2 ** 32))
      return Number.isFinite(bits.getFloat64(0)) ? bits.getFloat64(0) : Number.MAX_VALUE
    case 1:
      return (random.below(20_001) - 10_000) / 100
    case 2:
      return (random.next() - 0.5) * 10 ** (random.below(30) - 15)
    default:
      return [Number.MAX_VALUE, -Number.MAX_VALUE, 2 ** 1023, 2 ** 970, Number.MIN_VALUE, 1e16, -1e16, 1][random.below(8)] as number
  }
}

/** By trial: neither neighbour is nearer, and of two equally near the even one is taken. */
function isNearest(found: number, sum: bigint): boolean {
  const next = neighbour(Math.abs(found), 1)
  const magnitude = sum < 0n ? -sum : sum
  if (found !== 0 && found < 0 !== sum < 0n) return false
  if (found === Infinity || found === -Infinity) return magnitude >= fixedOf(Number.MAX_VALUE) + fixedOf(2 ** 969) * 2n
  const off = distance(fixedOf(Math.abs(found)), magnitude)
  const above = Number.isFinite(next)
    ? distance(fixedOf(next), magnitude)
    : distance(fixedOf(Number.MAX_VALUE) + fixedOf(2 ** 971), magnitude)
  const below = found === 0 ? above : distance(fixedOf(neighbour(Math.abs(found), -1)), magnitude)
  if (off > above || off > below) return false
  return (off < above && off < below) || isEven(found)
}

function distance(one: bigint, other: bigint): bigint {
  return one < other ? other - one : one - other
}

function neighbour(value: number, step: 1 | -1): number {
  bits.setFloat64(0, value)
  bits.setBigUint64(0, bits.getBigUint64(0) + BigInt(step))
  return bits.getFloat64(0)
}

function isEven(value: number): boolean {
  bits.setFloat64(0, value)
  return (bits.getUint32(4) & 1) === 0
}

describe('FloatSums', () => {
  it('a sum is the double nearest to the exact one, whatever came and went before and in whatever order', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 60 }), (seed, changes) => {
        const random = seededRandom(seed)
        const sums = new FloatSums()
        const held: number[] = []
        for (let at = 0; at < changes; at += 1) {
          const goes = held.length > 0 && random.below(3) === 0
          const [value] = goes ? held.splice(random.below(held.length), 1) : [anyDouble(random)]
          if (!goes) held.push(value as number)
          sums.addTimes(0, value as number, goes ? -1 : 1)
          const exact = held.reduce((sum, one) => sum + fixedOf(one), 0n)
          expect({ held, nearest: isNearest(sums.nearest(0), exact) }).toEqual({ held, nearest: true })
        }
        const other = new FloatSums()
        for (const value of held.toSorted(() => random.next() - 0.5)) other.addTimes(0, value, 1)
        expect(Object.is(other.nearest(0), sums.nearest(0))).toBe(true)
      }),
      { numRuns: 400 },
    )
  })

  it('a sum of products is exact, and so is one of a value that is there many times', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = seededRandom(seed)
        const sums = new FloatSums()
        let exact = 0n
        for (let at = 0; at < 12; at += 1) {
          const [left, right, weight] = [anyDouble(random), anyDouble(random), random.below(7) - 3]
          sums.addProductTimes(0, left, { other: right, weight })
          exact += fixedOf(left) * fixedOf(right) * BigInt(weight)
          expect(sums.fixed(0)).toBe(exact)
          sums.addTimes(0, left, weight)
          exact += (fixedOf(left) * BigInt(weight)) << 1074n
          expect(sums.fixed(0)).toBe(exact)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('a sum passes the range of doubles and comes back', () => {
    const sums = new FloatSums()
    sums.add(0, 1e308)
    sums.add(0, 1e308)
    expect(sums.nearest(0)).toBe(Infinity)
    sums.add(0, -1e308)
    expect(sums.nearest(0)).toBe(1e308)
  })

  it('NaN and the infinities come and go, and a sum is never the negative zero', () => {
    const sums = new FloatSums()
    sums.addTimes(0, -0, 1)
    expect(sums.nearest(0)).toBe(0)
    sums.addTimes(0, Infinity, 1)
    expect(sums.nearest(0)).toBe(Infinity)
    sums.addTimes(0, -Infinity, 2)
    expect(sums.nearest(0)).toBeNaN()
    sums.addTimes(0, Infinity, -1)
    expect(sums.nearest(0)).toBe(-Infinity)
    sums.addTimes(0, Number.NaN, 1)
    expect(sums.nearest(0)).toBeNaN()
    sums.addTimes(0, Number.NaN, -1)
    sums.addTimes(0, -Infinity, -2)
    sums.addTimes(0, 0.1, 1)
    expect(sums.nearest(0)).toBe(0.1)
  })
})

describe('nearestDouble', () => {
  it('a ratio is rounded once, also where it is subnormal', () => {
    expect(nearestDouble(1n, 3n, 0)).toBe(1 / 3)
    expect(nearestDouble(-2n, 3n, 0)).toBe(-2 / 3)
    expect(nearestDouble(3n, 2n, 1074)).toBe(2 * Number.MIN_VALUE)
    expect(nearestDouble(1n, 2n, 1074)).toBe(0)
    expect(nearestDouble((1n << 60n) + 1n, 1n << 7n, 1074 + 53)).toBe(Number.MIN_VALUE)
    expect(nearestDouble(1n << 1024n, 1n, 0)).toBe(Infinity)
  })
})
