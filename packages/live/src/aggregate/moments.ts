/**
 * The count, sums, and sums of squares and products of the numbers of each group, all exact: what
 * variances, covariances and regressions are made of. Each result is a ratio of whole numbers, rounded
 * once to the nearest double.
 */
import type { Lane } from '@millrace/sql'
import type { WeightedRows } from './accumulator.ts'
import { CountAccumulator } from './count-accumulator.ts'
import { addScaled, nearestDouble, type Scaled } from './fixed-point.ts'
import { FloatSums } from './float-sums.ts'
import { isAnyNull } from './pick-accumulator.ts'
import type { LaneReader, LaneWriter } from '../spill/saved-lanes.ts'

/** The sums of one group, each a whole number of units of a power of two. */
export interface Moments {
  readonly count: bigint
  readonly sumY: Scaled
  readonly sumX: Scaled
  /** The count times the sum of squares or products, less the square or product of the sums. */
  readonly squaresY: Scaled
  readonly squaresX: Scaled
  readonly products: Scaled
}

const ZERO: Scaled = { units: 0n, exponent: 0 }

export class MomentSums {
  readonly #counts = new CountAccumulator()
  readonly #sumsY = new FloatSums()
  readonly #squaresY = new FloatSums()
  /** Null where the aggregate has one argument. */
  readonly #sumsX: FloatSums | null
  readonly #squaresX: FloatSums | null
  readonly #products: FloatSums | null

  constructor(arguments_: 1 | 2) {
    this.#sumsX = arguments_ === 1 ? null : new FloatSums()
    this.#squaresX = arguments_ === 1 ? null : new FloatSums()
    this.#products = arguments_ === 1 ? null : new FloatSums()
  }

  reserve(capacity: number): void {
    this.#counts.reserve(capacity)
    for (const sums of this.#all()) sums.reserve(capacity)
  }

  add(slots: Int32Array, { count, lanes, weights }: WeightedRows): void {
    const required = this.#sumsX === null ? [0] : [0, 1]
    const valuesY = (lanes[0] as Lane).values
    const valuesX = (lanes[this.#sumsX === null ? 0 : 1] as Lane).values
    for (let row = 0; row < count; row += 1) {
      const weight = weights[row] as number
      if (weight === 0 || isAnyNull(lanes, required, row)) continue
      this.#addRow(slots[row] as number, { y: valuesY[row] as number, x: valuesX[row] as number, weight })
    }
  }

  count(slot: number): number {
    return this.#counts.count(slot)
  }

  /** Whether a value is NaN or infinite. */
  isSpecial(slot: number): boolean {
    return this.#sumsY.special(slot) !== undefined || this.#sumsX?.special(slot) !== undefined
  }

  nearestMean(slot: number, of: 'y' | 'x'): number {
    const sums = of === 'y' || this.#sumsX === null ? this.#sumsY : this.#sumsX
    const special = sums.special(slot)
    if (special !== undefined) return special
    const { units, exponent } = sums.scaled(slot)
    return nearestDouble(units, BigInt(this.count(slot)), -exponent)
  }

  moments(slot: number): Moments {
    const count = BigInt(this.count(slot))
    const sumY = this.#sumsY.scaled(slot)
    const squaresY = central(count, this.#squaresY.scaled(slot), [sumY, sumY])
    if (this.#sumsX === null) return { count, sumY, sumX: ZERO, squaresY, squaresX: ZERO, products: ZERO }
    const sumX = this.#sumsX.scaled(slot)
    const squaresX = central(count, (this.#squaresX as FloatSums).scaled(slot), [sumX, sumX])
    const products = central(count, (this.#products as FloatSums).scaled(slot), [sumX, sumY])
    return { count, sumY, sumX, squaresY, squaresX, products }
  }

  clear(slot: number): void {
    this.#counts.clear(slot)
    for (const sums of this.#all()) sums.clear(slot)
  }

  get bytes(): number {
    return this.#all().reduce((sum, sums) => sum + sums.bytes, this.#counts.bytes)
  }

  save(slots: Int32Array, writer: LaneWriter): void {
    this.#counts.save(slots, writer)
    for (const sums of this.#all()) sums.save(slots, writer)
  }

  load(slots: Int32Array, reader: LaneReader): void {
    this.#counts.load(slots, reader)
    for (const sums of this.#all()) sums.load(slots, reader)
  }

  #all(): readonly FloatSums[] {
    return [this.#sumsY, this.#squaresY, this.#sumsX, this.#squaresX, this.#products].filter((sums) => sums !== null)
  }

  #addRow(slot: number, { y, x, weight }: { y: number; x: number; weight: number }): void {
    this.#counts.change(slot, weight)
    this.#sumsY.addTimes(slot, y, weight)
    this.#sumsX?.addTimes(slot, x, weight)
    // A value that is no number is told by the sums; the products of such have no use.
    if (y - y !== 0 || x - x !== 0) return
    this.#squaresY.addProductTimes(slot, y, { other: y, weight })
    this.#squaresX?.addProductTimes(slot, x, { other: x, weight })
    this.#products?.addProductTimes(slot, y, { other: x, weight })
  }
}

/** The count times a sum of products, less the product of the sums. */
function central(count: bigint, products: Scaled, [left, right]: readonly [Scaled, Scaled]): Scaled {
  const all: Scaled = { units: count * products.units, exponent: products.exponent }
  return addScaled(all, { units: -left.units * right.units, exponent: left.exponent + right.exponent })
}
