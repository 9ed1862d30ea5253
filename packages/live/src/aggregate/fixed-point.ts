/**
 * Doubles as exact whole multiples of a power of two, for what a few doubles cannot hold: sums are then
 * sums of bigints, and are rounded once.
 */

/** Every finite double is a whole multiple of 2^-1074. */
export const DOUBLE_UNIT_BITS = 1074

const scratch = new DataView(new ArrayBuffer(8))
const MANTISSA_HIGH = 0xfffff
const HIDDEN_BIT = 2 ** 52

/** The finite value in units of 2^-1074. */
export function fixedOf(value: number): bigint {
  scratch.setFloat64(0, value)
  const high = scratch.getUint32(0)
  const exponent = (high >>> 20) & 0x7ff
  const fraction = (high & MANTISSA_HIGH) * 2 ** 32 + scratch.getUint32(4)
  const magnitude = exponent === 0 ? BigInt(fraction) : BigInt(fraction + HIDDEN_BIT) << BigInt(exponent - 1)
  return high >>> 31 === 1 ? -magnitude : magnitude
}

/** A whole number of a power of two: `units * 2^exponent`. */
export interface Scaled {
  readonly units: bigint
  readonly exponent: number
}

/** The finite value with as few bits as its exponent tells. */
export function scaledOf(value: number): Scaled {
  if (Number.isSafeInteger(value)) return { units: BigInt(value), exponent: 0 }
  scratch.setFloat64(0, value)
  const exponent = Math.max(1, (scratch.getUint32(0) >>> 20) & 0x7ff) - 1 - DOUBLE_UNIT_BITS
  // In two steps, since a power of two alone may be beyond the doubles.
  const half = -Math.trunc(exponent / 2)
  return { units: BigInt(value * 2 ** half * 2 ** (-exponent - half)), exponent }
}

export function addScaled(left: Scaled, right: Scaled): Scaled {
  const exponent = Math.min(left.exponent, right.exponent)
  return { units: unitsAt(left, exponent) + unitsAt(right, exponent), exponent }
}

/** How many units of a power of two that is not greater than its own. */
export function unitsAt({ units, exponent }: Scaled, wanted: number): bigint {
  return exponent === wanted ? units : units << BigInt(exponent - wanted)
}

/** The double nearest to `numerator / denominator / 2^unitBits`, ties to even; infinite where none is near. */
export function nearestDouble(numerator: bigint, denominator: bigint, unitBits: number): number {
  if (numerator === 0n) return 0
  const magnitude = numerator < 0n ? -numerator : numerator
  // The quotient has more bits than are kept, and its last one tells of any remainder: that decides the rounding.
  const shift = QUOTIENT_BITS - bitsOf(magnitude) + bitsOf(denominator)
  const scaled = shift >= 0 ? magnitude << BigInt(shift) : magnitude
  const divisor = shift >= 0 ? denominator : denominator << BigInt(-shift)
  const quotient = scaled / divisor
  const sticky = quotient * divisor === scaled ? quotient : quotient | 1n
  const rounded = scaledDouble(sticky, -shift - unitBits)
  return numerator < 0n ? -rounded : rounded
}

const QUOTIENT_BITS = 66

/** `mantissa * 2^exponent`, rounded once: where it is subnormal the whole number is cut to its bits first. */
function scaledDouble(mantissa: bigint, exponent: number): number {
  const spare = -DOUBLE_UNIT_BITS - exponent
  if (spare > 0 && bitsOf(mantissa) - spare < 53) return Number(shiftedToEven(mantissa, BigInt(spare))) * 2 ** -DOUBLE_UNIT_BITS
  // In two steps, since a power of two alone may be beyond the doubles.
  const half = Math.trunc(exponent / 2)
  return Number(mantissa) * 2 ** half * 2 ** (exponent - half)
}

function shiftedToEven(value: bigint, drop: bigint): bigint {
  const kept = value >> drop
  const rest = value - (kept << drop)
  const half = 1n << (drop - 1n)
  return rest > half || (rest === half && (kept & 1n) === 1n) ? kept + 1n : kept
}

export function bitsOf(value: bigint): number {
  const digits = value.toString(16)
  return digits.length * 4 - (LEADING_ZEROS[Number.parseInt(digits[0] as string, 16)] as number)
}

/** The zero bits ahead of a hexadecimal digit's first one. */
const LEADING_ZEROS: readonly number[] = [4, 3, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]
