import { sameType, type Type, type TypeKind } from '@millrace/core'

/** The range of each integer: up to two to this power, and below nought or not. */
const INTEGER_BITS: Readonly<Partial<Record<TypeKind, { readonly bits: number; readonly signed: boolean }>>> = {
  int8: { bits: 7, signed: true },
  int16: { bits: 15, signed: true },
  int32: { bits: 31, signed: true },
  int64: { bits: 63, signed: true },
  hugeint: { bits: 127, signed: true },
  uint8: { bits: 8, signed: false },
  uint16: { bits: 16, signed: false },
  uint32: { bits: 32, signed: false },
  uint64: { bits: 64, signed: false },
}

/** Whether each value of `narrow` is exactly a value of `wide`, read from the same kind of cell. */
export function holdsEveryValueOf(wide: Type, narrow: Type): boolean {
  if (sameType(wide, narrow)) return true
  if (wide.kind === 'float64' && narrow.kind === 'float32') return true
  if (wide.kind === 'decimal' && narrow.kind === 'decimal') {
    return wide.scale >= narrow.scale && wide.width - wide.scale >= narrow.width - narrow.scale
  }
  const from = INTEGER_BITS[narrow.kind]
  const to = INTEGER_BITS[wide.kind]
  if (from === undefined || to === undefined) return false
  return to.bits >= from.bits && (to.signed || !from.signed)
}
