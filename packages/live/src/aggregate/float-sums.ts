/**
 * Exact sums of doubles, by slot: whatever order the values come and go in, the sum is the same, and a
 * retraction undoes its value to the last bit. It is rounded once, when it is read.
 *
 * A sum is two doubles, the nearest to it and the rest: 106 bits, enough for a million prices in cents
 * or rates of nine digits. A sum that needs more (1e15 with 1e-10), or that passes the range of doubles
 * on its way, is a bigint of units of 2^-2148, in which a product of two doubles is whole too; it goes
 * back to two doubles when it is read and fits again. NaN and the infinities are counted beside it.
 */
import type { Lane } from '@millrace/sql'
import { grownNumbers, putNumbers, takeNumbers, type WeightedRows } from './accumulator.ts'
import { putWide, takeWide, wideBytes } from './wide-numbers.ts'
import { addScaled, DOUBLE_UNIT_BITS, fixedOf, nearestDouble, type Scaled, scaledOf } from './fixed-point.ts'
import type { LaneReader, LaneWriter } from '../spill/saved-lanes.ts'

export const SUM_UNIT_BITS: number = 2 * DOUBLE_UNIT_BITS
const FROM_DOUBLE_UNIT = BigInt(DOUBLE_UNIT_BITS)
/** Veltkamp's: it cuts a double into two halves whose products are exact. */
const SPLITTER = 2 ** 27 + 1
/** Between these a product and its rounding error are exact doubles. */
const PRODUCT_LEAST = 2 ** -960
const PRODUCT_GREATEST = 2 ** 990
const FACTOR_GREATEST = 2 ** 990

/** How many of the values that are no numbers there are. */
interface Specials {
  nan: number
  plus: number
  minus: number
}

const SPECIALS_BYTES = 80

export class FloatSums {
  /** The double nearest to the sum; NaN where the sum is in `#wide`. */
  #near: Float64Array = new Float64Array(64)
  #rest: Float64Array = new Float64Array(64)
  readonly #wide = new Map<number, bigint>()
  readonly #specials = new Map<number, Specials>()

  reserve(capacity: number): void {
    this.#near = grownNumbers(this.#near, capacity)
    this.#rest = grownNumbers(this.#rest, capacity)
  }

  addRows(slots: Int32Array, { count, lanes, weights }: WeightedRows): void {
    const { values, nulls } = lanes[0] as Lane
    for (let row = 0; row < count; row += 1) {
      if (nulls !== null && nulls[row] === 1) continue
      this.addTimes(slots[row] as number, values[row] as number, weights[row] as number)
    }
  }

  addTimes(slot: number, value: number, weight: number): void {
    if (weight === 1) this.add(slot, value)
    else if (weight === -1 && value - value === 0) this.add(slot, -value)
    else if (value - value !== 0) this.#addSpecial(slot, value, weight)
    else if (weight !== 0) this.addProduct(slot, value, weight)
  }

  /** Three exact additions of two doubles each; whatever they cannot hold is seen in what they leave over. */
  add(slot: number, value: number): void {
    const near = this.#near[slot] as number
    const rest = this.#rest[slot] as number
    const first = near + value
    const firstPart = first - near
    const firstLost = near - (first - firstPart) + (value - firstPart)
    const second = firstLost + rest
    const secondPart = second - firstLost
    const lost = firstLost - (second - secondPart) + (rest - secondPart)
    const sum = first + second
    const sumPart = sum - first
    const left = first - (sum - sumPart) + (second - sumPart)
    if (lost === 0 && left === left) {
      this.#near[slot] = sum
      this.#rest[slot] = left
    } else {
      this.#addWide(slot, value)
    }
  }

  addProduct(slot: number, left: number, right: number): void {
    const product = left * right
    const magnitude = Math.abs(product)
    const isExact = magnitude > PRODUCT_LEAST && magnitude < PRODUCT_GREATEST
    if (isExact && Math.abs(left) < FACTOR_GREATEST && Math.abs(right) < FACTOR_GREATEST) {
      this.add(slot, product)
      const error = errorOfProduct(left, right, product)
      if (error !== 0) this.add(slot, error)
    } else if (left !== 0 && right !== 0) {
      this.#setFixed(slot, this.fixed(slot) + fixedOf(left) * fixedOf(right))
    }
  }

  /** Adds a product so many times. */
  addProductTimes(slot: number, value: number, { other, weight }: { readonly other: number; readonly weight: number }): void {
    if (weight === 1) this.addProduct(slot, value, other)
    else if (weight === -1) this.addProduct(slot, value, -other)
    else this.#setFixed(slot, this.fixed(slot) + fixedOf(value) * fixedOf(other) * BigInt(weight))
  }

  /** The sum in units of 2^-SUM_UNIT_BITS; NaN and the infinities do not count. */
  fixed(slot: number): bigint {
    const near = this.#near[slot] as number
    if (near !== near) return this.#wide.get(slot) as bigint
    return (fixedOf(near) + fixedOf(this.#rest[slot] as number)) << FROM_DOUBLE_UNIT
  }

  /** The sum with as few bits as it needs. */
  scaled(slot: number): Scaled {
    const near = this.#near[slot] as number
    if (near !== near) return { units: this.#wide.get(slot) as bigint, exponent: -SUM_UNIT_BITS }
    const rest = this.#rest[slot] as number
    return rest === 0 ? scaledOf(near) : addScaled(scaledOf(near), scaledOf(rest))
  }

  /** The double nearest to the sum. It is -0 never, and infinite where the sum is beyond the doubles. */
  nearest(slot: number): number {
    const special = this.#specials.size === 0 ? undefined : this.special(slot)
    if (special !== undefined) return special
    const near = this.#near[slot] as number
    return near === near ? near + 0 : this.#nearestOfWide(slot)
  }

  /** The sum where it is no number that can be counted with: NaN, or infinite because a value is. */
  special(slot: number): number | undefined {
    const specials = this.#specials.get(slot)
    if (specials === undefined) return undefined
    if (specials.nan > 0 || (specials.plus > 0 && specials.minus > 0)) return Number.NaN
    if (specials.plus > 0) return Infinity
    return specials.minus > 0 ? -Infinity : undefined
  }

  clear(slot: number): void {
    this.#near[slot] = 0
    this.#rest[slot] = 0
    if (this.#wide.size > 0) this.#wide.delete(slot)
    if (this.#specials.size > 0) this.#specials.delete(slot)
  }

  get bytes(): number {
    return this.#near.byteLength + this.#rest.byteLength + wideBytes(this.#wide) + this.#specials.size * SPECIALS_BYTES
  }

  save(slots: Int32Array, writer: LaneWriter): void {
    putNumbers(writer, this.#near, slots)
    putNumbers(writer, this.#rest, slots)
    putWide(writer, this.#wide, slots)
    const found = this.#specials.size === 0 ? [] : [...slots.keys()].filter((at) => this.#specials.has(slots[at] as number))
    const lane = (valueOf: (at: number) => number): Lane => ({ layout: 'integer', values: Float64Array.from(found, valueOf), nulls: null })
    const count = (kind: keyof Specials): Lane => lane((at) => this.#specials.get(slots[at] as number)?.[kind] ?? 0)
    writer.put(found.length, [lane((at) => at), count('nan'), count('plus'), count('minus')])
  }

  load(slots: Int32Array, reader: LaneReader): void {
    takeNumbers(reader, this.#near, slots)
    takeNumbers(reader, this.#rest, slots)
    takeWide(reader, this.#wide, slots)
    const { count, lanes } = reader.take()
    const [places, nan, plus, minus] = lanes.map(({ values }) => values as Float64Array) as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ]
    for (let at = 0; at < count; at += 1) {
      const specials = { nan: nan[at] as number, plus: plus[at] as number, minus: minus[at] as number }
      this.#specials.set(slots[places[at] as number] as number, specials)
    }
  }

  #addWide(slot: number, value: number): void {
    if (value - value !== 0) this.#addSpecial(slot, value, 1)
    else this.#setFixed(slot, this.fixed(slot) + (fixedOf(value) << FROM_DOUBLE_UNIT))
  }

  #addSpecial(slot: number, value: number, weight: number): void {
    const specials = this.#specials.get(slot) ?? { nan: 0, plus: 0, minus: 0 }
    if (value !== value) specials.nan += weight
    else if (value > 0) specials.plus += weight
    else specials.minus += weight
    if (specials.nan === 0 && specials.plus === 0 && specials.minus === 0) this.#specials.delete(slot)
    else this.#specials.set(slot, specials)
  }

  #setFixed(slot: number, sum: bigint): void {
    this.#near[slot] = Number.NaN
    this.#wide.set(slot, sum)
  }

  #nearestOfWide(slot: number): number {
    const sum = this.#wide.get(slot) as bigint
    const near = nearestDouble(sum, 1n, SUM_UNIT_BITS)
    if (near - near !== 0) return near
    const left = sum - (fixedOf(near) << FROM_DOUBLE_UNIT)
    const rest = nearestDouble(left, 1n, SUM_UNIT_BITS)
    if (fixedOf(rest) << FROM_DOUBLE_UNIT === left) {
      this.#near[slot] = near
      this.#rest[slot] = rest
      this.#wide.delete(slot)
    }
    return near
  }
}

function errorOfProduct(left: number, right: number, product: number): number {
  const leftCut = left * SPLITTER
  const leftHigh = leftCut - (leftCut - left)
  const leftLow = left - leftHigh
  const rightCut = right * SPLITTER
  const rightHigh = rightCut - (rightCut - right)
  const rightLow = right - rightHigh
  return leftLow * rightLow - (product - leftHigh * rightHigh - leftLow * rightHigh - leftHigh * rightLow)
}
