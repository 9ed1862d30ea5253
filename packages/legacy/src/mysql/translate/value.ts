/** A piece of DuckDB's SQL with what MySQL knows of it. */
import type { TextFacts } from '../catalog/catalog.ts'

export type ValueKind = 'null' | 'boolean' | 'integer' | 'decimal' | 'double' | 'text' | 'date' | 'datetime'

/** A division that was not written yet: what rounds it decides how many digits are needed. */
export interface Quotient {
  readonly dividend: Value
  readonly divisor: Value
}

/**
 * How a server that stores a query's rows and one that writes the query in place of its name would differ:
 * 'never'; 'merged' where a division's further digits then count; 'pushed' where only a condition sees them.
 */
export type Unsettled = 'never' | 'pushed' | 'merged'

export interface Value {
  readonly sql: string
  readonly kind: ValueKind
  /** Digits after the point that MySQL declares of a decimal. */
  readonly scale: number
  /** Digits after the point that the server computes with: more than the declared ones after a division. */
  readonly digits: { readonly least: number; readonly most: number }
  /** A result that is zero has no digits after the point on the server, whatever its operands have. */
  readonly mayVanish: boolean
  readonly isUnsigned: boolean
  /** DuckDB computes it with 64 bits already, or with 38 digits where it is a decimal. */
  readonly isWide: boolean
  /** Binds tighter than every operator. */
  readonly isAtom: boolean
  /** Of a text; null where nothing is known of it. */
  readonly facts: TextFacts | null
  /** What is written in the view. */
  readonly constant: string | null
  readonly quotient: Quotient | null
  readonly unsettled: Unsettled
  /** Digits of a second. */
  readonly fraction: number
}

const PLAIN: Omit<Value, 'sql' | 'kind'> = {
  scale: 0,
  digits: { least: 0, most: 0 },
  mayVanish: false,
  isUnsigned: false,
  isWide: false,
  isAtom: false,
  facts: null,
  constant: null,
  quotient: null,
  unsettled: 'never',
  fraction: 0,
}

export function value(kind: ValueKind, sql: string, rest: Partial<Value> = {}): Value {
  return { ...PLAIN, kind, sql, ...rest }
}

export function atom(kind: ValueKind, sql: string, rest: Partial<Value> = {}): Value {
  return value(kind, sql, { isAtom: true, ...rest })
}

/** An exact number with so many digits after the point, in SQL as on the server. */
export function decimal(sql: string, scale: number, rest: Partial<Value> = {}): Value {
  return value('decimal', sql, { scale, digits: { least: scale, most: scale }, ...rest })
}

/** The SQL as an operand. */
export function operand({ sql, isAtom }: Value): string {
  return isAtom ? sql : `(${sql})`
}

const ORDER = ['never', 'pushed', 'merged'] as const

export function unsettledOf(values: readonly Value[]): Unsettled {
  return ORDER[Math.max(0, ...values.map(({ unsettled }) => ORDER.indexOf(unsettled)))] ?? 'never'
}
