/**
 * The mean of an exact sum as DuckDB computes it: both numbers as 80-bit floats, one division, and the
 * result as a double. JavaScript has no 80-bit floats, so where a division of doubles could differ the
 * two roundings, to 64 bits and then to 53, are done with whole numbers.
 */
const EXTENDED_BITS = 64
/** Below it a quotient of doubles is never so near to a tie that rounding twice could differ. */
const PLAIN_DIVISOR_LIMIT = 512

export interface AverageRule {
  readonly scale: number
  /** Averages of 16-bit numbers (and decimals of up to four digits) divide plain doubles. */
  readonly isExtended: boolean
}

export function averageOf(sum: number | bigint, count: number, { scale, isExtended }: AverageRule): number {
  const divisor = count * 10 ** scale
  if (!isExtended || (typeof sum === 'number' && divisor < PLAIN_DIVISOR_LIMIT)) return Number(sum) / divisor
  return divideExtended(BigInt(sum), BigInt(count) * 10n ** BigInt(scale))
}

function divideExtended(sum: bigint, divisor: bigint): number {
  if (sum === 0n) return 0
  const dividend = rounded(sum < 0n ? -sum : sum, false)
  const by = rounded(divisor, false)
  // Two bits more than are kept, and one that tells of any remainder, decide the rounding.
  const shift = Math.max(0, EXTENDED_BITS + 2 + bitsOf(by) - bitsOf(dividend))
  const numerator = dividend << BigInt(shift)
  const quotient = numerator / by
  const mantissa = rounded(quotient, numerator % by !== 0n)
  const magnitude = Number(mantissa) * 2 ** -shift
  return sum < 0n ? -magnitude : magnitude
}

/** To 64 significant bits, ties to even; `more`: the value is a little greater than told. */
function rounded(value: bigint, more: boolean): bigint {
  const extra = bitsOf(value) - EXTENDED_BITS
  if (extra <= 0) return value
  const drop = BigInt(extra)
  const kept = value >> drop
  const rest = value - (kept << drop)
  const half = 1n << (drop - 1n)
  const up = rest > half || (rest === half && (more || (kept & 1n) === 1n))
  return (up ? kept + 1n : kept) << drop
}

function bitsOf(value: bigint): number {
  return value.toString(2).length
}
