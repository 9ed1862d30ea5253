import type { ExpressionType } from '../duckdb-type.ts'
import { Unsupported } from '../sql-error.ts'

/** The code that tells whether two values of a type, neither NULL, are equal in SQL. */
export function equalText(type: ExpressionType, left: string, right: string, place: number | null): string {
  switch (type.kind) {
    case 'float32':
    case 'float64':
      return `runtime.floatEqual(${left}, ${right})`
    case 'bytes':
      return `runtime.compareBytes(${left}, ${right}) === 0`
    case 'interval':
      throw new Unsupported('a comparison of intervals', place)
    default:
      return `${left} === ${right}`
  }
}

export function lessText(type: ExpressionType, left: string, right: string, place: number | null): string {
  switch (type.kind) {
    case 'float32':
    case 'float64':
      return `runtime.floatLess(${left}, ${right})`
    case 'bytes':
      return `runtime.compareBytes(${left}, ${right}) < 0`
    case 'text':
    case 'json':
      return `runtime.compareText(${left}, ${right}) < 0`
    case 'interval':
      throw new Unsupported('a comparison of intervals', place)
    default:
      return `${left} < ${right}`
  }
}
