/**
 * The count, sums, and sums of squares and products of the numbers of each group, all exact: what
 * variances, covariances and regressions are made of. Each result is a ratio of whole numbers, rounded
 * once to the nearest double.
 */
import type { Lane } from '@millrace/sql'
import type { WeightedRows } from './accumulator.ts'
import { CountAccumulator } from './count-accumulator.ts'
import { DOUBLE_UNIT_BITS, nearestDouble } from './fixed-point.ts'
import { FloatSums, SUM_UNIT_BITS } from './float-sums.ts'
import { isAnyNull } from './pick-accumulator.ts'

/** Sums of one group in units of 2^-1074, those of products in units of 2^-2148. */
export interface Moments {
  readonly count: bigint
  readonly sumY: bigint
  readonly sumX: bigint
  /** The count times the sum of squares or products, less the square or product of the sums. */
  readonly squaresY: bigint
  readonly squaresX: bigint
  readonly products: bigint
}

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
    return sums.special(slot) ?? nearestDouble(sums.fixed(slot), BigInt(this.count(slot)), SUM_UNIT_BITS)
  }

  moments(slot: number): Moments {
    const count = BigInt(this.count(slot))
    const sumY = this.#sumsY.fixed(slot) >> BigInt(DOUBLE_UNIT_BITS)
    const squaresY = count * this.#squaresY.fixed(slot) - sumY * sumY
    if (this.#sumsX === null) return { count, sumY, sumX: 0n, squaresY, squaresX: 0n, products: 0n }
    const sumX = this.#sumsX.fixed(slot) >> BigInt(DOUBLE_UNIT_BITS)
    const squaresX = count * (this.#squaresX as FloatSums).fixed(slot) - sumX * sumX
    const products = count * (this.#products as FloatSums).fixed(slot) - sumX * sumY
    return { count, sumY, sumX, squaresY, squaresX, products }
  }

  clear(slot: number): void {
    this.#counts.clear(slot)
    for (const sums of this.#all()) sums.clear(slot)
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
