/**
 * Quotients of exact numbers. DuckDB divides them as floats; Postgres divides exactly and rounds half away
 * from zero. So whole numbers of 128 bits are divided here, in one expression that is computed once.
 */
import { numeric, operand, type Typed } from './typed.ts'
import { untranslatable } from './untranslatable.ts'

/** Digits after the point of a quotient that nothing rounds. Postgres keeps 16 to 20 significant ones of it. */
export const QUOTIENT_SCALE = 20
/** Beyond so many added digits a dividend of fifteen digits would not fit 128 bits. */
const SHIFT_MAX = 23
/** Up to here a multiplication turns the number into a whole one; beyond, its text without the point does. */
const MULTIPLIED_SCALE_MAX = 8

export function quotient(dividend: Typed, divisor: Typed, scale: number = QUOTIENT_SCALE): Typed {
  const shift = scale + divisor.scale - dividend.scale
  if (shift > SHIFT_MAX)
    throw untranslatable('numeric / numeric', `the divisor has ${divisor.scale} digits after the point: 38 digits do not hold the quotient`)
  const n = shift > 0 ? `${whole(dividend)} * ${power(shift)}` : whole(dividend)
  const d = shift < 0 ? `${whole(divisor)} * ${power(-shift)}` : whole(divisor)
  const rounded = 'sign(q.n) * sign(q.d) * ((2 * abs(q.n) + abs(q.d)) // (2 * abs(q.d)))'
  const guarded = divisor.isNotZero === true ? rounded : `CASE WHEN q.d = 0 THEN error('division by zero') ELSE ${rounded} END`
  const integer = `CAST(list_transform([{'n': ${n}, 'd': ${d}}], lambda q: ${guarded})[1] AS DECIMAL(38, 0))`
  return numeric(scale === 0 ? integer : `${integer} * ${unit(scale)}`, scale, {
    isLoose: true,
    isAtom: scale === 0,
    quotient: { dividend, divisor },
  })
}

/** The number without its point, in 128 bits. */
function whole(value: Typed): string {
  if (value.scale === 0) return `CAST(${value.sql} AS HUGEINT)`
  if (value.scale <= MULTIPLIED_SCALE_MAX) return `CAST(${operand(value)} * ${power(value.scale)} AS HUGEINT)`
  return `CAST(replace(CAST(CAST(${value.sql} AS DECIMAL(38, ${value.scale})) AS VARCHAR), '.', '') AS HUGEINT)`
}

function power(digits: number): string {
  return `1${'0'.repeat(digits)}`
}

/** The least positive number of so many digits after the point. */
export function unit(scale: number): string {
  return `0.${'0'.repeat(scale - 1)}1`
}
