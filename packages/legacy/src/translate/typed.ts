/** A piece of DuckDB's SQL with the type that Postgres gives it. */
import type { ConstantValue } from '../postgres/constant.ts'
import { OID } from '../postgres/type.ts'

export interface Typed {
  readonly sql: string
  /** Postgres's type, by its object id. */
  readonly type: number
  /** Digits after the point that DuckDB keeps of a numeric, or of an array's numerics. */
  readonly scale: number
  /** Whether Postgres's own number of digits after the point depends on the value, so that its text cannot be foretold. */
  readonly isLoose: boolean
  /** Binds tighter than every operator. */
  readonly isAtom: boolean
  readonly constant?: ConstantValue | null
  /** A numeric quotient that was not rounded yet: `round(a / b, 2)` is computed with that many digits at once. */
  readonly quotient?: { readonly dividend: Typed; readonly divisor: Typed }
  /** What an unsaid conversion converted. */
  readonly source?: Typed
  /** A value that cannot be zero, so that dividing by it needs no guard. */
  readonly isNotZero?: boolean
}

export function typed(type: number, sql: string, rest: Partial<Typed> = {}): Typed {
  return { sql, type, scale: 0, isLoose: false, isAtom: false, ...rest }
}

/** A call or a name: needs no parentheses. */
export function atom(type: number, sql: string, rest: Partial<Typed> = {}): Typed {
  return typed(type, sql, { isAtom: true, ...rest })
}

export function numeric(sql: string, scale: number, rest: Partial<Typed> = {}): Typed {
  return typed(OID.numeric, sql, { scale, ...rest })
}

/** The SQL as an operand. */
export function operand({ sql, isAtom }: Typed): string {
  return isAtom ? sql : `(${sql})`
}
