/** Casts, only those whose result is the same as DuckDB's for every value. */
import type { Cast } from '../expression/cast.ts'
import { type ExpressionType, nameOf } from '../duckdb-type.ts'
import { Unsupported } from '../sql-error.ts'
import { sameType } from '@millrace/core'
import { type KernelWriter, layoutOfExpression, NULL_TEXT, type Operand } from './kernel-writer.ts'
import { isWhole, rangeOf, safeBounds, scaleOf } from './type-range.ts'

export function emitCast(writer: KernelWriter, cast: Cast, input: Operand): Operand {
  const from = cast.input.type
  const to = cast.type
  if (isSame(from, to)) return input
  if (from.kind === 'null') return { value: NULL_TEXT[layoutOfExpression(to)], isNull: 'true' }
  if (cast.lenient) throw new Unsupported('TRY_CAST', cast.place, 'Use a CAST that cannot fail, or a CASE.')
  const code = castCode(writer, cast, input.value)
  if (code === null) throw new Unsupported(`a cast of ${nameOf(from)} to ${nameOf(to)}`, cast.place)
  return writer.strict([input], layoutOfExpression(to), (result) => {
    for (const line of code(result.value)) writer.line(line)
  })
}

type CastCode = (target: string) => readonly string[]

function castCode(writer: KernelWriter, { input, type: to, place }: Cast, value: string): CastCode | null {
  const from = input.type
  if (isWhole(from) && isWhole(to)) return wholeToWhole(writer, { from, to, place }, value)
  if (isWhole(from) && to.kind === 'float64') return (target) => [`${target} = runtime.wholeToFloat(${value}, ${scaleOf(from)})`]
  if (from.kind === 'float64' && isWhole(to) && to.kind !== 'decimal') {
    const range = writer.keep(rangeOf(to))
    return (target) => [`${target} = runtime.floatToWhole(${value}, ${range}, ${place ?? -1})`]
  }
  if (from.kind === 'float32' && to.kind === 'float64') return (target) => [`${target} = ${value}`]
  if (from.kind === 'boolean' && isWhole(to) && to.kind !== 'decimal') return (target) => [`${target} = ${value} ? 1 : 0`]
  if (isWhole(from) && from.kind !== 'decimal' && to.kind === 'boolean') return (target) => [`${target} = ${value} != 0`]
  if (to.kind === 'text') return toText(from, value)
  if (from.kind === 'date' && to.kind === 'timestamp') return (target) => [`${target} = runtime.dateToTimestamp(${value}, ${place ?? -1})`]
  if (from.kind === 'timestamp' && to.kind === 'date') return (target) => [`${target} = runtime.timestampToDate(${value})`]
  return null
}

interface CastTypes {
  readonly from: ExpressionType
  readonly to: ExpressionType
  readonly place: number | null
}

function wholeToWhole(writer: KernelWriter, { from, to, place }: CastTypes, value: string): CastCode {
  const range = rangeOf(to)
  const bounds = safeBounds(range)
  const rise = scaleOf(to) - scaleOf(from)
  if (rise === 0) {
    const source = rangeOf(from)
    if (source.min >= range.min && source.max <= range.max) return (target) => [`${target} = ${value}`]
    const slow = `runtime.checked(BigInt(${value}), ${writer.keep(range)}, ${place ?? -1})`
    return (target) => [
      `${target} = ${value}`,
      `if (!(${target} <= ${bounds.greatest} && ${target} >= ${bounds.least})) ${target} = ${slow}`,
    ]
  }
  const kept = writer.keep(range)
  if (rise < 0) return (target) => [`${target} = runtime.dropDigits(${value}, ${-rise}, ${kept}, ${place ?? -1})`]
  const power = `${10n ** BigInt(rise)}`
  return (target) => [
    `${target} = typeof ${value} === 'number' ? ${value} * ${power} : NaN`,
    `if (!(${target} <= ${bounds.greatest} && ${target} >= ${bounds.least})) ${target} = runtime.multiplyExact(${value}, ${power}n, ${kept}, ${place ?? -1})`,
  ]
}

function toText(from: ExpressionType, value: string): CastCode | null {
  switch (from.kind) {
    case 'text':
    case 'uuid':
    case 'json':
    case 'interval':
    case 'enum':
      return (target) => [`${target} = ${value}`]
    case 'boolean':
      return (target) => [`${target} = ${value} ? 'true' : 'false'`]
    case 'decimal':
      return (target) => [`${target} = runtime.decimalToText(${value}, ${from.scale})`]
    case 'date':
      return (target) => [`${target} = runtime.valueToText({ kind: 'date' }, ${value})`]
    case 'timestamp':
      return (target) => [`${target} = runtime.instantText({ kind: 'timestamp' }, ${value})`]
    default:
      return isWhole(from) ? (target) => [`${target} = String(${value})`] : null
  }
}

function isSame(from: ExpressionType, to: ExpressionType): boolean {
  if (from.kind === 'null' || to.kind === 'null' || from.kind === 'foreign' || to.kind === 'foreign') return from.kind === to.kind
  return sameType(from, to)
}
