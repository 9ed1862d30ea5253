import {
  entriesOf,
  innerText,
  type Interval,
  intervalToText,
  listText,
  type MapType,
  type NestedType,
  structText,
  type Value,
  wholeNumber,
} from '@millrace/core'
import type { ExpressionType, PlanType } from './duckdb-type.ts'

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
export function readConstant(json: ConstantJson, type: ExpressionType): Value | undefined {
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
    case 'foreign':
      return undefined
    case 'list':
    case 'struct':
      return readNested(value, type)
    case 'map':
      return readNested(value, entriesOf(type))
    case 'enum':
      return typeof value === 'number' ? type.members[value] : typeof value === 'string' ? value : undefined
    case 'interval':
      return isInterval(value) ? intervalToText(value) : undefined
    default:
      return readWhole(value)
  }
}

interface NestedJson {
  readonly children: readonly ConstantJson[]
}

function readNested(value: unknown, type: Exclude<NestedType, MapType>): string | undefined {
  if (typeof value !== 'object' || value === null || !('children' in value)) return undefined
  const items = (value as NestedJson).children.map((child, at): string | undefined => {
    const inner = type.kind === 'list' ? type.element : type.fields[at]?.type
    const read = inner === undefined ? undefined : readConstant(child, inner)
    return read === undefined || inner === undefined ? undefined : innerText(inner, read)
  })
  if (items.includes(undefined)) return undefined
  return type.kind === 'list'
    ? listText(items as string[])
    : structText(
        type.fields.map(({ name }) => name),
        items as string[],
      )
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
