import { sqlNameOf } from '@millrace/core'
import { type ExpressionType, nameOf } from '../duckdb-type.ts'
import type { Range } from './exact.ts'

const BITS: Readonly<Record<string, { readonly bits: bigint; readonly signed: boolean }>> = {
  int8: { bits: 8n, signed: true },
  int16: { bits: 16n, signed: true },
  int32: { bits: 32n, signed: true },
  int64: { bits: 64n, signed: true },
  hugeint: { bits: 128n, signed: true },
  uint8: { bits: 8n, signed: false },
  uint16: { bits: 16n, signed: false },
  uint32: { bits: 32n, signed: false },
  uint64: { bits: 64n, signed: false },
  date: { bits: 32n, signed: true },
  timestamp: { bits: 64n, signed: true },
}

export function isWhole(type: ExpressionType): boolean {
  return type.kind === 'decimal' || (type.kind in BITS && type.kind !== 'date' && type.kind !== 'timestamp')
}

export function isFloat(type: ExpressionType): boolean {
  return type.kind === 'float32' || type.kind === 'float64'
}

export function scaleOf(type: ExpressionType): number {
  return type.kind === 'decimal' ? type.scale : 0
}

export function rangeOf(type: ExpressionType): Range {
  if (type.kind === 'decimal') {
    const max = 10n ** BigInt(type.width) - 1n
    return { min: -max, max, name: sqlNameOf(type) }
  }
  const known = BITS[type.kind]
  const { bits, signed } = known ?? { bits: 64n, signed: true }
  const name = nameOf(type)
  return signed ? { min: -(1n << (bits - 1n)), max: (1n << (bits - 1n)) - 1n, name } : { min: 0n, max: (1n << bits) - 1n, name }
}

const SAFE = BigInt(Number.MAX_SAFE_INTEGER)

/** The part of a range that plain numbers hold, as the source text of its bounds. */
export function safeBounds({ min, max }: Range): { readonly least: string; readonly greatest: string } {
  return { least: String(min < -SAFE ? -SAFE : min), greatest: String(max > SAFE ? SAFE : max) }
}
