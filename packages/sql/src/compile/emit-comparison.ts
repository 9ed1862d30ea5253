import { type ExpressionType, isLoose, nameOf } from '../duckdb-type.ts'
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
    case 'list':
    case 'struct':
    case 'map':
      if (isLoose(type)) throw new Unsupported(`a comparison of values of type ${nameOf(type)}`, place)
      return `${left} === ${right}`
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
    case 'enum':
    case 'list':
    case 'struct':
    case 'map':
      throw new Unsupported(`an order of values of type ${nameOf(type)}`, place)
    default:
      return `${left} < ${right}`
  }
}
