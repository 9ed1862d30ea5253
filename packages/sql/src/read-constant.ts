import { type Value, wholeNumber } from '@millrace/core'
import type { ExpressionType, PlanType } from './duckdb-type.ts'
import type { Interval } from './expression/constant.ts'

/** A constant as the plan writes it. */
export interface ConstantJson {
  readonly type: PlanType
  readonly is_null: boolean
  readonly value?: unknown
}

interface HugeJson {
  readonly upper: number | bigint
  readonly lower: number | bigint
}

/** The value, or undefined where the plan writes it in a way that is not known here. */
export function readConstant(json: ConstantJson, type: ExpressionType): Value | Interval | undefined {
  if (json.is_null || type.kind === 'null') return null
  const { value } = json
  switch (type.kind) {
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined
    case 'text':
    case 'json':
      return typeof value === 'string' ? value : undefined
    case 'float32':
    case 'float64':
      return typeof value === 'number' ? value : undefined
    case 'bytes':
    case 'uuid':
      return undefined
    case 'interval':
      return isInterval(value) ? { months: value.months, days: value.days, micros: value.micros } : undefined
    default:
      return readWhole(value)
  }
}

function readWhole(value: unknown): number | bigint | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return wholeNumber(BigInt(value))
  if (!isHuge(value)) return undefined
  return wholeNumber((BigInt(value.upper) << 64n) + BigInt(value.lower))
}

function isHuge(value: unknown): value is HugeJson {
  return typeof value === 'object' && value !== null && 'upper' in value && 'lower' in value
}

function isInterval(value: unknown): value is Interval {
  return typeof value === 'object' && value !== null && 'months' in value && 'days' in value && 'micros' in value
}
