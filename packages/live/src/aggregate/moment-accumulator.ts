/**
 * Variances, covariances, correlation and linear regression. DuckDB computes them row by row in doubles,
 * so that its last digits depend on the order of the rows; these are the doubles nearest to the truth (a
 * square root: of the double nearest to its argument).
 */
import { CELL, type Layout, VectorBuilder } from '@millrace/core'
import { EvaluationFailure, type Lane, laneOf } from '@millrace/sql'
import type { Accumulator, WeightedRows } from './accumulator.ts'
import { addScaled, nearestDouble, type Scaled } from './fixed-point.ts'
import { type Moments, MomentSums } from './moments.ts'

export const MOMENT_FUNCTIONS = [
  'var_pop',
  'var_samp',
  'stddev_pop',
  'stddev_samp',
  'sem',
  'covar_pop',
  'covar_samp',
  'corr',
  'regr_count',
  'regr_avgx',
  'regr_avgy',
  'regr_slope',
  'regr_intercept',
  'regr_r2',
  'regr_sxx',
  'regr_syy',
  'regr_sxy',
] as const
export type MomentFunction = (typeof MOMENT_FUNCTIONS)[number]

export interface MomentRule {
  readonly wanted: MomentFunction
  readonly place: number | null
}

const OF_ONE: ReadonlySet<MomentFunction> = new Set(['var_pop', 'var_samp', 'stddev_pop', 'stddev_samp', 'sem'])
/** DuckDB answers these with NaN where a value is infinite or NaN; of the others it says that they are out of range. */
const NAN_OF_SPECIALS: ReadonlySet<MomentFunction> = new Set(['covar_pop', 'covar_samp', 'regr_sxy'])

export class MomentAccumulator implements Accumulator {
  readonly state: MomentSums
  readonly #rule: MomentRule
  readonly #layout: Layout

  constructor(rule: MomentRule) {
    this.state = new MomentSums(OF_ONE.has(rule.wanted) ? 1 : 2)
    this.#rule = rule
    this.#layout = rule.wanted === 'regr_count' ? 'integer' : 'float'
  }

  add(slots: Int32Array, rows: WeightedRows): void {
    this.state.add(slots, rows)
  }

  results(slots: Int32Array, count: number): Lane {
    const builder = new VectorBuilder(this.#layout, count)
    for (let at = 0; at < count; at += 1) {
      const result = this.#result(slots[at] as number)
      if (result === null) builder.pushCell(CELL.NULL)
      else builder.pushNumber(result)
    }
    return laneOf(builder.finish())
  }

  #result(slot: number): number | null {
    const { wanted } = this.#rule
    const count = this.state.count(slot)
    if (wanted === 'regr_count') return count
    if (count === 0) return null
    if (wanted === 'regr_avgx') return this.state.nearestMean(slot, 'x')
    if (wanted === 'regr_avgy') return this.state.nearestMean(slot, 'y')
    if (this.state.isSpecial(slot)) {
      if (!NAN_OF_SPECIALS.has(wanted)) this.#fail()
      return wanted === 'covar_samp' && count === 1 ? null : Number.NaN
    }
    const result = momentResult(wanted, this.state.moments(slot))
    if (result === Infinity && !NAN_OF_SPECIALS.has(wanted)) this.#fail()
    return result
  }

  #fail(): never {
    throw new EvaluationFailure('a variance is out of the range of DOUBLE', this.#rule.place ?? -1)
  }
}

function momentResult(wanted: MomentFunction, moments: Moments): number | null {
  const { count, squaresY, squaresX, products } = moments
  switch (wanted) {
    case 'var_pop':
      return ratio(squaresY, count * count)
    case 'stddev_pop':
      return Math.sqrt(ratio(squaresY, count * count))
    case 'sem':
      return Math.sqrt(ratio(squaresY, count * count * count))
    case 'var_samp':
      return overSample(squaresY, count)
    case 'stddev_samp':
      return rootOf(overSample(squaresY, count))
    case 'covar_pop':
      return ratio(products, count * count)
    case 'covar_samp':
      return overSample(products, count)
    case 'regr_syy':
      return ratio(squaresY, count)
    case 'regr_sxx':
      return ratio(squaresX, count)
    case 'regr_sxy':
      return ratio(products, count)
    default:
      return relation(wanted, moments)
  }
}

/** What tells how the two arguments hang together. */
function relation(wanted: MomentFunction, { count, sumY, sumX, squaresY, squaresX, products }: Moments): number | null {
  const squared = (): number => ratio(times(products, products), squaresX.units * squaresY.units, squaresX.exponent + squaresY.exponent)
  switch (wanted) {
    case 'corr':
      if (squaresX.units === 0n || squaresY.units === 0n) return Number.NaN
      return products.units < 0n ? -Math.sqrt(squared()) : Math.sqrt(squared())
    case 'regr_slope':
      return squaresX.units === 0n ? Number.NaN : ratio(products, squaresX.units, squaresX.exponent)
    case 'regr_intercept': {
      if (squaresX.units === 0n) return null
      const slope = times(sumX, products)
      const rise = addScaled(times(sumY, squaresX), { units: -slope.units, exponent: slope.exponent })
      return ratio(rise, count * squaresX.units, squaresX.exponent)
    }
    case 'regr_r2':
      if (squaresX.units === 0n) return null
      return squaresY.units === 0n ? 1 : squared()
    default:
      return null
  }
}

/** The double nearest to a number divided by `divisor * 2^exponent`. */
function ratio(value: Scaled, divisor: bigint, exponent = 0): number {
  return nearestDouble(value.units, divisor, exponent - value.exponent)
}

function times(left: Scaled, right: Scaled): Scaled {
  return { units: left.units * right.units, exponent: left.exponent + right.exponent }
}

function overSample(value: Scaled, count: bigint): number | null {
  return count < 2n ? null : ratio(value, count * (count - 1n))
}

function rootOf(value: number | null): number | null {
  return value === null ? null : Math.sqrt(value)
}
